package packets

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gopacket/gopacket"
)

const (
	// snapLength is the longest packet that is kept whole, tcpdump's own default: the kernel
	// hands over up to 64 KiB at once of what the card puts together or takes apart.
	snapLength = 262144
	// wholeBytes is how much of a connection is kept whole: settings, certificates (some
	// KiB), requests and pages fit many times. Behind that come layers, of which
	// headBytes of each packet are kept: Ethernet, IPv6 and TCP with all options take 134.
	wholeBytes = 1 << 20
	headBytes  = 134
	// maxPorts bounds the ports that the kernel compares: its filter may have 4096 steps
	// (linux/bpf_common.h, BPF_MAXINSNS), and a packet takes all of them. Beyond it all comes.
	maxPorts = 500
	// maxBytes bounds the file: a thousand hosts take some 30 MB.
	maxBytes = 256 << 20
	// recentPackets is among how many packets a copy that passed another interface is looked
	// for: bridges and VLANs hand a packet on at once.
	recentPackets = 64
)

// ErrUnsupported means that packets cannot be read on this system.
var ErrUnsupported = errors.New("packets are read on Linux alone")

// frame is a packet as the system hands it over.
type frame struct {
	// data is what was read, from the link's header on, and network the place of the IP header.
	data    []byte
	network int
	// length is how long the packet was.
	length int
	at     time.Time
	// link is the index of the interface, ether its kind, echo the second copy that an
	// interface shows of a packet to itself.
	link        int
	ether, echo bool
}

// source is where packets come from.
type source interface {
	// read returns the next packet, or io.EOF once it was stopped and all that came before was read.
	read(buf []byte) (frame, error)
	// only asks for the packets of some ports alone, where the source can choose.
	only(ports []uint16)
	stop()
	// lost returns how many packets did not fit.
	lost() int
	close()
}

// Summary is what became of a recording.
type Summary struct {
	// Connections and Packets count what is in the file.
	Connections, Packets int
	// Lost counts packets that this process was too slow for, LeftOut those for which the file
	// had no room.
	Lost, LeftOut int
}

// Recording writes the packets of a run's own connections into a file.
type Recording struct {
	program string
	target  *target
	source  source
	done    chan struct{}

	mu     sync.Mutex
	owned  *owned
	ports  []uint16
	writer *writer
	links  []link
	ids    map[int]int
	recent [recentPackets]struct {
		sum  uint64
		link int
	}
	seed maphash.Seed
	// packets are the connections of the file's packets, in its order.
	packets []*conn
	summary Summary
	err     error
}

// Start opens the file at a path, in the place of one that was there, and begins to read
// packets. The program's name and version go into the file. It fails with [ErrUnsupported], or
// with the error of socket(2): EPERM without CAP_NET_RAW.
func Start(path, program string) (*Recording, error) {
	from, err := open()
	if err != nil {
		return nil, err
	}
	local, err := localAddresses()
	if err == nil {
		var to *target
		if to, err = openTarget(path); err == nil {
			return record(from, to, program, local)
		}
	}
	from.close()
	return nil, err
}

// record begins with all that was opened.
func record(from source, to *target, program string, local []netip.Addr) (*Recording, error) {
	r := &Recording{program: program, target: to, source: from, done: make(chan struct{}), owned: newOwned(local), ids: map[int]int{},
		seed: maphash.MakeSeed()}
	first := link{name: "lo", ether: true}
	if all, err := net.Interfaces(); err == nil && len(all) > 0 {
		first.name = all[0].Name
		first.ether = all[0].Flags&net.FlagLoopback != 0 || len(all[0].HardwareAddr) == 6
		r.ids[all[0].Index] = 0
	}
	var err error
	if r.writer, err = newWriter(to.live, program, first); err != nil {
		from.close()
		to.discard()
		return nil, err
	}
	r.links = []link{first}
	from.only(nil)
	go r.run()
	return r, nil
}

func localAddresses() ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, prefix.Addr())
		}
	}
	return out, nil
}

// Opened takes a socket of the run before its first packet: what it is, by a serial of the
// caller's, its network as net.Dial knows it, and its local port. What it returns is called
// when a socket of UDP was closed.
func (r *Recording) Opened(serial int, network string, port uint16) (closed func()) {
	s := socket{protoTCP, port}
	if strings.HasPrefix(network, "udp") {
		s.proto = protoUDP
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.owned.add(serial, s)
	r.ask(port)
	if s.proto == protoTCP {
		return func() {}
	}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		c.until = time.Now() // the kernel's clock for packets
	}
}

// Serves takes a server of the run's own: every connection to it is kept.
func (r *Recording) Serves(at netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owned.servers[at] = true
	r.ask(at.Port())
}

// All takes every connection that passes: for a network that is the run's own.
func (r *Recording) All() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owned.everything, r.ports = true, make([]uint16, maxPorts+1)
	r.source.only(r.ports)
}

// Connected gives a connection with such a server its serial, by its network and local address.
func (r *Recording) Connected(serial int, network string, local net.Addr) {
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.owned.serials[end{network[:3], at}] = serial
}

// ask narrows the source to the ports that are known.
func (r *Recording) ask(port uint16) {
	r.ports = append(r.ports, port)
	r.source.only(r.ports)
}

// Finish ends the recording: what was sent until now is in the file. Each connection's first
// packet gets the comment that the caller has for it, empty for none; one that turns out not to
// be the run's is left out. Secrets are those of its TLS connections, as crypto/tls writes them;
// nil for none.
func (r *Recording) Finish(comment func(Conn) (text string, own bool), secrets []byte) (Summary, error) {
	r.source.stop()
	<-r.done
	r.summary.Lost = r.source.lost()
	r.source.close()
	as := annotations{program: r.program, links: r.links, secrets: secrets, comments: map[int]string{}, others: map[int]bool{}}
	for _, c := range r.owned.all {
		if c.first < 0 {
			continue
		}
		c.Serial = max(c.Serial, r.owned.serials[end{c.Network, c.Local}])
		text, own := comment(c.Conn)
		if as.comments[c.first] = text; own {
			r.summary.Connections++
		}
		c.others = !own
	}
	for place, c := range r.packets {
		if c.others {
			as.others[place] = true
		}
	}
	r.summary.Packets = len(r.packets) - len(as.others)
	return r.summary, errors.Join(r.err, r.target.close(as.write))
}

// run reads until the source is stopped.
func (r *Recording) run() {
	defer close(r.done)
	buf := make([]byte, snapLength)
	for {
		f, err := r.source.read(buf)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = fmt.Errorf("read packets: %w", err)
			}
			return
		}
		if err := r.keep(f); err != nil {
			r.err = err
			return
		}
	}
}

// keep writes a packet that is the run's.
func (r *Recording) keep(f frame) error {
	p, ok := parse(f.data[min(f.network, len(f.data)):])
	if !ok || f.echo {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.owned.of(p, f.at)
	if c == nil || r.copied(f) {
		return nil
	}
	data, start := f.data, 0
	if !f.ether {
		start = f.network
	}
	data = data[start:]
	if c.kept >= wholeBytes {
		data = data[:min(len(data), headBytes)]
	}
	if r.writer.written+int64(len(data)) > maxBytes {
		r.summary.LeftOut++
		return nil
	}
	id, err := r.linkID(f)
	if err != nil {
		return err
	}
	if c.first < 0 {
		c.first = len(r.packets)
	}
	c.kept += len(data)
	r.packets = append(r.packets, c)
	return r.writer.packet(gopacket.CaptureInfo{Timestamp: f.at, CaptureLength: len(data), Length: max(f.length-start, len(data)),
		InterfaceIndex: id}, data, "")
}

// copied reports whether the same packet was just seen on another interface: a bridge's and its
// port's, a VLAN's and its card's.
func (r *Recording) copied(f frame) bool {
	sum := maphash.Bytes(r.seed, f.data[f.network:])
	for _, seen := range r.recent {
		if seen.sum == sum && seen.link != f.link {
			return true
		}
	}
	copy(r.recent[1:], r.recent[:])
	r.recent[0].sum, r.recent[0].link = sum, f.link
	return false
}

// linkID returns the file's number of an interface, which it adds where it is new.
func (r *Recording) linkID(f frame) (int, error) {
	if id, ok := r.ids[f.link]; ok {
		return id, nil
	}
	l := link{name: fmt.Sprintf("interface %d", f.link), ether: f.ether}
	if i, err := net.InterfaceByIndex(f.link); err == nil {
		l.name = i.Name
	}
	id, err := r.writer.addInterface(l)
	if err != nil {
		return 0, err
	}
	r.ids[f.link], r.links = id, append(r.links, l)
	return id, nil
}
