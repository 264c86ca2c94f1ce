package main

import (
	"fmt"
	"time"
)

// clientTimeout is the limit of a run that waits as long as the client: a dial of 30 s,
// a CONNECT of 60 s and a handshake of 10 s fit, with what else a pull needs.
const clientTimeout = 2 * time.Minute

// hopPatience is the value of --hop-timeout: a duration, or "client".
type hopPatience struct {
	limit  time.Duration
	client bool
}

func (p *hopPatience) String() string {
	if p.client {
		return "client"
	}
	return p.limit.String()
}

// Set takes "client" or what time.ParseDuration reads.
func (p *hopPatience) Set(text string) error {
	if text == "client" {
		p.limit, p.client = defaultHopTimeout, true
		return nil
	}
	limit, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("neither a duration such as 5s nor client")
	}
	p.limit, p.client = limit, false
	return nil
}

// Type is what help calls the value.
func (p *hopPatience) Type() string { return "duration|client" }
