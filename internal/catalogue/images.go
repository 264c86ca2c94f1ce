package catalogue

import (
	"strings"

	"pullpath/internal/diagnosis"
	"pullpath/internal/evidence"
	"pullpath/internal/fault"
)

// imageRows are about answers of a sound path from which no client can go on.
func imageRows() []diagnosis.Entry {
	image := []string{fault.Image + ":" + fault.ImageTag}
	index := func(platforms ...string) fault.HTTP {
		var of []string
		for _, p := range platforms {
			system, architecture, _ := strings.Cut(p, "/")
			of = append(of, `{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",`+
				`"platform":{"os":"`+system+`","architecture":"`+architecture+`"}}`)
		}
		return fault.HTTP{Host: "registry.redhat.io", Path: "/v2/ubi9/ubi/manifests", Status: 200, Headers: []string{"Content-Type: application/vnd.oci.image.index.v1+json"},
			Body: `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[` + strings.Join(of, ",") + `]}`}
	}
	rows := []diagnosis.Entry{
		httpRow("registry-platform-missing", diagnosis.AccountOwner, diagnosis.Proven, "the image is not made for this platform",
			"The path works. The index at {hosts} has {platforms}, and this host needs another.",
			"ask for a tag that has the platform, or pull for one of these with --platform or --arch",
			[]string{"OCI image spec, image-index.md, platform", "containers/image internal/manifest/oci_index.go"},
			fault.World{Title: "the image is for two other platforms", Targets: image, Faults: []fault.Fault{index("linux/s390x", "linux/ppc64le", "unknown/unknown")}}),
		httpRow("blob-redirect-unusable", diagnosis.RegistryOperator, diagnosis.Likely, "{hosts} redirects a layer to where no client can go",
			"A redirect has to name a host and a port by http or https, and Go's clients follow ten. The registry, or what rewrites its answers, sends layers elsewhere: {answers}.",
			"correct the public URL of the blob store, or of the cache before it, in the configuration of {hosts}",
			[]string{"RFC 9110 section 15.4", "net/http Client.CheckRedirect: ten redirects"},
			fault.World{Title: "the registry redirects layers to a port that is none", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "registry.redhat.io",
				Path: "/v2/ubi9/ubi/blobs", Status: 307, Headers: []string{"Location: https://cdn01.quay.io:65979/x"}}}},
			fault.World{Title: "the blob store redirects to itself for ever", Targets: image, Faults: []fault.Fault{fault.HTTP{Host: "cdn01.quay.io",
				Status: 302, Headers: []string{"Location: https://cdn01.quay.io/again"}}}}),
	}
	for i := range rows {
		rows[i].Since = "0.3.0"
	}
	return rows
}

// imageCode names an answer about an image from which no client can go on; empty for
// others.
func imageCode(h evidence.Hop, d evidence.Request) string {
	switch {
	case d.Step == "manifest" && d.Code == 200 && len(d.Platforms) > 0:
		return "registry-platform-missing"
	case (d.Step == "config" || d.Step == "layer") && d.Code/100 == 3 && d.Location != "":
		return "blob-redirect-unusable"
	case h.Role == evidence.Blob:
		return "blob-url-rejected"
	}
	return ""
}
