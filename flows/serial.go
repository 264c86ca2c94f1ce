package flows

import "context"

// serialKey is the key under which a context has the serial of the hop that it is for.
type serialKey struct{}

// SerialOf returns the serial (see [Event]) of the hop for which a connection is opened, 0 for
// none: dialers of [Net] get it with their context.
func SerialOf(ctx context.Context) int {
	serial, _ := ctx.Value(serialKey{}).(int)
	return serial
}

// within returns the context of what is done for the hop.
func (n *openHop) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, serialKey{}, n.serial)
}
