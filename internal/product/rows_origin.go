package product

import "pullpath/internal/fault"

// The rows of this file stand in front of origins. They are here so that their
// headers are not taken for those of the client's own network, and because a
// proxy URL that points at one of them is a common mistake.

func webServers() []Row {
	server := func(name, pattern, sample, phrase string) Row {
		return Row{Name: name, Category: WebServerKind,
			Headers:  []HeaderSign{header("Server", pattern, Seen, captures)},
			Connects: []fault.Connect{connect(405, phrase, "", "Server: "+sample)},
		}
	}
	return []Row{
		server("nginx", `^(nginx|openresty)(/(?P<version>\S+))?\b`, "nginx/1.22.1", "Not Allowed"),
		server("Apache httpd", `^Apache(/(?P<version>[\d.]+))?( |$)`, "Apache/2.4.57 (Debian)", "Method Not Allowed"),
		server("Microsoft IIS", `^Microsoft-(IIS|HTTPAPI)/(?P<version>\S+)`, "Microsoft-IIS/10.0", "Method Not Allowed"),
		server("Caddy", `^Caddy$`, "Caddy", "Method Not Allowed"),
		server("lighttpd", `^lighttpd(/(?P<version>\S+))?`, "lighttpd/1.4.69", "Method Not Allowed"),
		server("Jetty", `^Jetty\((?P<version>[^)]+)\)`, "Jetty(11.0.15)", "Method Not Allowed"),
		server("Python http.server", `^SimpleHTTP/\S+ Python/(?P<version>\S+)`, "SimpleHTTP/0.6 Python/3.12.3", "Method Not Allowed"),
	}
}

func balancers() []Row {
	return []Row{haproxy(), envoy(), varnish(), trafficServer(), bigIP(), citrix(), awsELB()}
}

func haproxy() Row {
	return Row{Name: "HAProxy", Category: LoadBalancer,
		Body: []BodySign{
			body("No server is available to handle this request.", Listed, nmap),
			body("Your browser sent an invalid request.", Listed, nmap),
		},
		Connects: []fault.Connect{
			connect(503, "Service Unavailable", "<h1>503</h1>No server is available to handle this request."),
			connect(400, "Bad Request", "<h1>400</h1>Your browser sent an invalid request."),
		},
	}
}

func envoy() Row {
	return Row{Name: "Envoy", Category: LoadBalancer,
		Headers: []HeaderSign{
			header("Server", `^(istio-)?envoy$`, Listed, recog),
			header("X-Envoy-Upstream-Service-Time", "", Listed, recog),
		},
		Body: []BodySign{body("upstream connect error or disconnect/reset before headers", Seen, "envoyproxy/envoy tests; "+captures)},
		Connects: []fault.Connect{
			connect(503, "Service Unavailable", "upstream connect error or disconnect/reset before headers. reset reason: x", "server: envoy"),
		},
		Pages: []fault.HTTP{page(200, "", "X-Envoy-Upstream-Service-Time: 4", "Server: istio-envoy")},
	}
}

func varnish() Row {
	return Row{Name: "Varnish", Category: LoadBalancer,
		Headers: []HeaderSign{
			header("X-Varnish", "", Listed, nmap),
			header("Via", `\bvarnish\b`, Listed, nmap),
			header("Server", `^Varnish$`, Listed, nmap),
		},
		Connects: []fault.Connect{connect(503, "Backend fetch failed", "", "Server: Varnish", "X-Varnish: 32770",
			"Via: 1.1 varnish (Varnish/7.1)")},
	}
}

func trafficServer() Row {
	return Row{Name: "Apache Traffic Server", Category: LoadBalancer,
		Headers: []HeaderSign{
			header("Via", `\(ApacheTrafficServer(/(?P<version>[^\s)]+))?`, Source, "apache/trafficserver RecordsConfig.cc"),
			header("Server", `^ATS(/(?P<version>\S+))?$`, Source, "apache/trafficserver RecordsConfig.cc"),
		},
		Connects: []fault.Connect{
			connect(403, "Tunnel Forbidden", "", "Server: ATS/9.2.3", "Via: http/1.1 proxy.corp.example (ApacheTrafficServer/9.2.3)"),
		},
	}
}

func bigIP() Row {
	return Row{Name: "F5 BIG-IP", Category: LoadBalancer,
		Headers: []HeaderSign{
			header("Server", `^(BigIP|BIG-IP)$`, Listed, nmap+"; "+recog),
			header("Set-Cookie", `^BIGipServer`, Listed, recog),
		},
		Connects: []fault.Connect{connect(302, "Found", "", "Server: BigIP", "Set-Cookie: BIGipServerpool=1.2.3; path=/")},
	}
}

func citrix() Row {
	return Row{Name: "Citrix ADC", Category: LoadBalancer,
		Issuer: []IssuerSign{organization(`Citrix ANG`, Listed, recog)},
		Chains: []fault.Certificate{chain("Citrix ANG", "default ABCDEF")},
	}
}

func awsELB() Row {
	return Row{Name: "AWS Elastic Load Balancing", Category: LoadBalancer,
		Headers:  []HeaderSign{header("Server", `^awselb/(?P<version>\S+)`, Seen, captures)},
		Connects: []fault.Connect{connect(400, "Bad Request", "", "Server: awselb/2.0")},
	}
}

func edges() []Row {
	return []Row{
		{Name: "Amazon CloudFront", Category: CDNEdge,
			Headers: []HeaderSign{
				header("Server", `^CloudFront$`, Seen, captures),
				header("Via", `\(CloudFront\)`, Seen, captures),
				header("X-Amz-Cf-Id", "", Seen, captures),
			},
			Connects: []fault.Connect{connect(400, "Bad Request", "", "Server: CloudFront", "Via: 1.1 0a1b2c.cloudfront.net (CloudFront)",
				"X-Amz-Cf-Id: x")}},
		{Name: "Akamai", Category: CDNEdge,
			Headers: []HeaderSign{
				header("Server", `^(AkamaiGHost|AkamaiNetStorage)$`, Seen, "containers/image errors_test.go; "+captures),
			},
			Connects: []fault.Connect{connect(400, "Bad Request", "", "Server: AkamaiGHost")}},
		{Name: "Cloudflare", Category: CDNEdge,
			Headers: []HeaderSign{
				header("Server", `^cloudflare(-nginx)?$`, Seen, captures),
				header("CF-RAY", "", Seen, captures),
			},
			Connects: []fault.Connect{connect(400, "Bad Request", "", "Server: cloudflare", "CF-RAY: 0123456789abcdef-FRA")}},
		{Name: "Fastly", Category: CDNEdge,
			Headers:  []HeaderSign{header("X-Served-By", `^cache-[a-z]+`, Seen, captures)},
			Connects: []fault.Connect{connect(405, "Not Allowed", "", "X-Served-By: cache-fra-etou8220001-FRA", "Via: 1.1 varnish")}},
		{Name: "Google Front End", Category: CDNEdge,
			Headers: []HeaderSign{
				header("Via", `^1\.1 google$`, Seen, captures),
				header("Server", `^(gws|ESF|Google Frontend|UploadServer)$`, Seen, captures),
			},
			Pages: []fault.HTTP{page(200, "", "Via: 1.1 google", "Server: Google Frontend")}},
	}
}
