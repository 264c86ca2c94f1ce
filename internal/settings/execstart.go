package settings

import (
	"slices"
	"strings"

	"pullpath/internal/route"
)

// startArguments returns the program that an ExecStart= line runs, and what it is given.
// Words that are a variable are replaced by its words, as systemd does
// ("ExecStart=/usr/bin/dockerd $OPTIONS").
func startArguments(start directiveAt, vars []route.Variable) (string, []route.Variable) {
	words, _ := splitWords(start.value)
	var args []route.Variable // Name unused
	for _, word := range words {
		args = append(args, expandArgument(word.text, start.source, vars)...)
	}
	if len(args) == 0 {
		return "", nil
	}
	program := strings.TrimLeft(args[0].Value, "@-:+!|")
	return program, args[1:]
}

// expandArgument resolves $NAME and ${NAME} where they are a whole word
// (systemd.service(5), "Command lines"); the first is split at blanks.
func expandArgument(word, source string, vars []route.Variable) []route.Variable {
	name, dollar := strings.CutPrefix(word, "$")
	inner, braces := strings.CutPrefix(name, "{")
	if braces {
		name = strings.TrimSuffix(inner, "}")
	}
	if !dollar || !isName(name) {
		return []route.Variable{{Value: word, Source: source}}
	}
	for _, v := range slices.Backward(vars) {
		if v.Name != name {
			continue
		}
		if braces {
			return []route.Variable{{Value: v.Value, Source: v.Source}}
		}
		var args []route.Variable
		words, _ := splitWords(v.Value)
		for _, w := range words {
			args = append(args, route.Variable{Value: w.text, Source: v.Source})
		}
		return args
	}
	return nil
}

// proxyFlags returns dockerd's flags about the proxy among arguments (Engine 23.0,
// cmd/dockerd/config.go).
func proxyFlags(args []route.Variable) []route.Variable {
	return flagsNamed(args, "--http-proxy", "--https-proxy", "--no-proxy")
}

// registryFlags returns those about registries.
func registryFlags(args []route.Variable) []route.Variable {
	return flagsNamed(args, "--registry-mirror", "--insecure-registry")
}

// flagsNamed returns the flags of these names, written with = or as two words.
func flagsNamed(args []route.Variable, names ...string) []route.Variable {
	var flags []route.Variable
	for i, arg := range args {
		name, value, written := strings.Cut(arg.Value, "=")
		if !slices.Contains(names, name) {
			continue
		}
		if !written && i+1 < len(args) {
			value, arg.Source = args[i+1].Value, args[i+1].Source
		}
		flags = append(flags, route.Variable{Name: name, Value: value, Source: arg.Source})
	}
	return flags
}
