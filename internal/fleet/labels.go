package fleet

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// MaxLabels bounds a list of nodes, in bytes: of kubectl's, a node takes some 10 KiB.
const MaxLabels = 256 << 20

// Labels are what is known of hosts from elsewhere, by the host's name.
type Labels struct {
	named map[string][]Attribute
	// short has the list's names with a domain by their first part, where one host alone has it.
	short map[string]string
}

func newLabels(named map[string][]Attribute) *Labels {
	l := &Labels{named, map[string]string{}}
	for name := range named {
		first, domain := firstPart(name)
		if _, twice := l.short[first]; twice && domain {
			l.short[first] = ""
		} else if domain {
			l.short[first] = name
		}
	}
	return l
}

// firstPart is a host's name without its domain, and whether it has one. An address has none.
func firstPart(name string) (first string, domain bool) {
	if _, err := netip.ParseAddr(name); err == nil {
		return name, false
	}
	first, _, domain = strings.Cut(name, ".")
	return first, domain
}

// ReadLabels reads a list of nodes: what kubectl get nodes -o json writes, or a CSV whose first
// column is the host and whose head names the labels.
func ReadLabels(data []byte) (*Labels, error) {
	if text := bytes.TrimLeft(data, "\xef\xbb\xbf \t\r\n"); len(text) > 0 && text[0] == '{' {
		return fromKubernetes(text)
	}
	return fromCSV(data)
}

// nodeList is a list of nodes (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1).
type nodeList struct {
	Kind  string `json:"kind"`
	Items []node `json:"items"`
	node
}

type node struct {
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Status struct {
		NodeInfo struct {
			Kernel  string `json:"kernelVersion"`
			Image   string `json:"osImage"`
			Runtime string `json:"containerRuntimeVersion"`
		} `json:"nodeInfo"`
	} `json:"status"`
}

func fromKubernetes(data []byte) (*Labels, error) {
	var list nodeList
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("not a list of nodes: %w", err)
	}
	if list.Kind == "Node" {
		list.Items = []node{list.node}
	}
	out := map[string][]Attribute{}
	for _, n := range list.Items {
		if n.Metadata.Name == "" {
			return nil, errors.New("not a list of nodes: an item has no metadata.name")
		}
		attributes := []Attribute{}
		for name, value := range n.Metadata.Labels {
			if value != n.Metadata.Name { // kubernetes.io/hostname is each node's own
				attributes = append(attributes, Attribute{Label + name, value})
			}
		}
		info := n.Status.NodeInfo
		for _, a := range []Attribute{{"kernel", info.Kernel}, {"OS image", info.Image}, {"container runtime", info.Runtime}} {
			if a.Value != "" {
				attributes = append(attributes, a)
			}
		}
		out[strings.ToLower(n.Metadata.Name)] = attributes
	}
	if len(out) == 0 {
		return nil, errors.New("the list has no nodes")
	}
	return newLabels(out), nil
}

func fromCSV(data []byte) (*Labels, error) {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	in.ReuseRecord = false
	head, err := in.Read()
	if err != nil || len(head) < 2 {
		return nil, errors.New("neither a list of nodes in JSON nor a CSV with the host in the first column and labels behind it")
	}
	out := map[string][]Attribute{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return newLabels(out), nil
		}
		if err != nil {
			return nil, err
		}
		attributes := []Attribute{}
		for i, value := range row[1:] {
			if value != "" {
				attributes = append(attributes, Attribute{Label + head[i+1], value})
			}
		}
		out[strings.ToLower(row[0])] = attributes
	}
}

// Of returns what is known of a host: by its name, or by the first part of it where the host or the
// list has no more.
func (l *Labels) Of(host string) ([]Attribute, bool) {
	host = strings.ToLower(host)
	if a, known := l.named[host]; known {
		return a, true
	}
	first, domain := firstPart(host)
	if !domain {
		first = l.short[host]
	}
	a, known := l.named[first]
	return a, known
}

// Apply adds to each report what is known of its host, in place of what it says of these labels
// itself, and returns the hosts of which nothing is known.
func (l *Labels) Apply(reports []Report) (unknown []string) {
	for i := range reports {
		more, known := l.Of(reports[i].Node)
		if !known {
			unknown = append(unknown, reports[i].Node)
			continue
		}
		given := map[string]bool{}
		for _, a := range more {
			given[a.Kind] = true
		}
		kept := make([]Attribute, 0, len(reports[i].Attributes)+len(more))
		for _, a := range reports[i].Attributes {
			if !given[a.Kind] {
				kept = append(kept, a)
			}
		}
		reports[i].Attributes = append(kept, more...)
	}
	return unknown
}
