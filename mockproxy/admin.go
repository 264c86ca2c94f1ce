package mockproxy

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"pullpath/internal/fault"
)

// maxFault bounds a fault that is sent; the longest sample page has some KiB.
const maxFault = 1 << 20

// Admin serves a small interface by which a running network is changed:
//
//	GET    /faults       the faults that are installed, with their counts
//	POST   /faults       installs one; the body is NAME:PARAM=VALUE,…; the answer is its
//	                     number, with a note where it is about no part of the network
//	DELETE /faults/ID    takes one out
//	GET    /counters     how many events there were, by kind, host and fault
//
// read makes a fault of a text. The interface asks for no password: a page in a
// browser must not reach it either, so it answers to an address in the Host field
// only, not to a name that somebody may have pointed here, and to no page of another
// origin (RFC 6454 section 7).
func (n *Network) Admin(read func(text string) (fault.Fault, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, n.Faults()) })
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) { n.adminInstall(w, r, read) })
	mux.HandleFunc("DELETE /faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || !n.Remove(id) {
			complain(w, http.StatusNotFound, "no fault with the number "+r.PathValue("id"))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /counters", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, n.Counters()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil && host != "localhost" {
			complain(w, http.StatusForbidden, "ask for this by its address")
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host {
			complain(w, http.StatusForbidden, "a page of another origin may not ask for this")
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (n *Network) adminInstall(w http.ResponseWriter, r *http.Request, read func(string) (fault.Fault, error)) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFault))
	if err != nil {
		complain(w, http.StatusRequestEntityTooLarge, "too long for a fault")
		return
	}
	text := strings.TrimSpace(string(body))
	f, err := read(text)
	if err == nil {
		err = n.world.CheckPlaces(f)
	}
	if err != nil {
		complain(w, http.StatusBadRequest, err.Error())
		return
	}
	id, err := n.Install(f)
	if err != nil {
		complain(w, http.StatusConflict, err.Error())
		return
	}
	writeJSON(w, http.StatusCreated, struct {
		ID   int    `json:"id"`
		Note string `json:"note,omitempty"`
	}{id, n.world.Misses(f)})
}

// StartAdmin serves Admin at an address until the network closes, and returns where it
// is for this machine.
func (n *Network) StartAdmin(address string, read func(string) (fault.Fault, error)) (string, error) {
	if err := CheckAddress(address, n.ports.Anywhere); err != nil {
		return "", err
	}
	l, err := net.Listen(ofFamily("tcp", address), address)
	if err != nil {
		return "", err
	}
	n.serve(l, n.Admin(read))
	return local(l.Addr()), nil
}

// Counter is how many events of one sort there were.
type Counter struct {
	Kind  string `json:"kind"`
	Host  string `json:"host"`
	Fault string `json:"fault,omitempty"`
	Count int    `json:"count"`
}

// Counters counts the events so far, in the order in which each sort came first.
func (n *Network) Counters() []Counter { return n.journal.counters() }

func complain(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]string{"error": text})
}

func writeJSON(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}
