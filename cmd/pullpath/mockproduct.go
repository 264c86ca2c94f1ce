package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pullpath/internal/fault"
	"pullpath/internal/hint"
	"pullpath/internal/product"
)

// aliases are further names of products.
var aliases = map[string]string{"fortigate": "Fortinet", "panos": "Palo Alto Networks", "mcafee": "Skyhigh (McAfee) Web Gateway",
	"umbrella": "Cisco Umbrella", "wsa": "Cisco Secure Web Appliance"}

// productNamed finds a product by its name or a part of it.
func productNamed(name string) (product.Row, error) {
	rows := product.Rows()
	plain := plainName(name)
	if own, ok := aliases[plain]; ok {
		plain = plainName(own)
	}
	var found []product.Row
	var names []string
	for _, r := range rows {
		switch own := plainName(r.Name); {
		case own == plain:
			return r, nil
		case len(plain) > 1 && strings.Contains(own, plain):
			found = append(found, r)
		}
		names = append(names, r.Name)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		names = nil
		for _, r := range found {
			names = append(names, r.Name)
		}
		return product.Row{}, fmt.Errorf("product %q is one of %s", name, strings.Join(names, ", "))
	}
	var words []string
	for _, r := range rows {
		words = append(words, plainName(r.Name))
	}
	advice := hint.DidYouMean(plain, words)
	if advice == "" {
		advice = "known are " + strings.Join(names, ", ")
	}
	return product.Row{}, hint.New(fmt.Sprintf("no product %q", name), advice)
}

// productsToComplete are the products as --as takes them, with their names.
func productsToComplete() []string {
	var out []string
	for _, r := range product.Rows() {
		out = append(out, cobra.CompletionWithDesc(plainName(r.Name), r.Name))
	}
	return out
}

func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
}

// refusalOf returns how a product refuses CONNECT; false where no sample of it does.
func refusalOf(r product.Row) (fault.Connect, bool) {
	i := slices.IndexFunc(r.Connects, func(c fault.Connect) bool { return c.Status >= 300 || c.Raw != "" })
	if i < 0 {
		return fault.Connect{}, false
	}
	return r.Connects[i], true
}

// samplePage returns a page of a product, for body=@PRODUCT.
func samplePage(name string) (string, error) {
	r, err := productNamed(name)
	if err != nil {
		return "", err
	}
	c, _ := refusalOf(r)
	page := c.Body
	for _, p := range r.Pages {
		page = cmp.Or(page, p.Body)
	}
	if page == "" {
		return "", fmt.Errorf("no page of %s is known", r.Name)
	}
	return page, nil
}

// productFaults returns those of --as: the product's refusal of CONNECT, or its chain
// and its block page inside.
func (o *mockOptions) productFaults() ([]fault.Fault, error) {
	if o.As == "" {
		if len(o.Deny) > 0 || o.Intercept {
			return nil, hint.New("--deny and --intercept say what --as does", "name a product: --as squid")
		}
		return nil, nil
	}
	row, err := productNamed(o.As)
	if err != nil {
		return nil, err
	}
	refusal, refuses := refusalOf(row)
	inside := o.Intercept || !refuses
	if inside && len(row.Chains)+len(row.Pages) == 0 {
		return nil, fmt.Errorf("--as %s: neither a chain nor a page of %s is known", o.As, row.Name)
	}
	var out []fault.Fault
	if inside {
		out = append(out, forgedBy(row))
	}
	denied, err := o.denied()
	if err != nil {
		return nil, err
	}
	if len(denied) == 0 && !o.Intercept {
		denied = []string{fault.Everyone}
	}
	for _, host := range denied {
		if inside && len(row.Pages) > 0 {
			page := row.Pages[0]
			page.Host = host
			out = append(out, page)
		} else if refuses {
			refusal.Host = host
			out = append(out, refusal)
		}
	}
	return out, nil
}

// forgedBy returns the chain of a product's inspection, for all hosts.
func forgedBy(row product.Row) fault.Certificate {
	shape, known := row.Forged()
	if !known {
		shape = fault.Certificate{Issuer: "interceptor"} // under a name that the site chose
	}
	shape.Host = fault.Everyone
	return shape
}

// denied returns the hosts of --deny.
func (o *mockOptions) denied() ([]string, error) {
	var out []string
	for _, text := range o.Deny {
		host, err := fault.ReadHost(text)
		if err != nil {
			return nil, fmt.Errorf("--deny %s: %w", text, err)
		}
		out = append(out, host)
	}
	return out, nil
}
