package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"pullpath/flows"
	"pullpath/internal/evidence"
	"pullpath/internal/hint"
	"pullpath/internal/packets"
	"pullpath/internal/redact"
	"pullpath/internal/vantage"
)

// tapOptions are the flags that write down what passes on the wire, and the keys to it.
type tapOptions struct {
	pcap, keylog string
	withLogin    bool
}

const pcapUsage = "write the packets of the run's own connections to `file` (pcapng, Linux, CAP_NET_RAW)"

func (o *tapOptions) register(f *pflag.FlagSet) {
	f.StringVar(&o.pcap, "pcap", "", pcapUsage)
	f.StringVar(&o.keylog, "keylog", "", "write the secrets of the run's TLS connections to `file`, with which Wireshark reads them; "+
		"refused where a login is sent")
	f.BoolVar(&o.withLogin, "keylog-with-login", false, "write them though a login is sent: who has the file and the packets reads it")
}

// tap is what is written down of a run's own connections.
type tap struct {
	options   tapOptions
	recording *packets.Recording
	keys      *keyLog
	// hops are the run's, by serial, once they have their numbers.
	hops map[int]evidence.Hop
}

// begin opens the files before anything is sent.
func (o tapOptions) begin(run *vantage.Run) (*tap, error) {
	t := &tap{options: o, hops: map[int]evidence.Hop{}}
	if o.keylog != "" {
		if logins := run.Logins(); len(logins) > 0 && !o.withLogin {
			return nil, hint.New("--keylog refused: with the keys, who has the packets reads what is sent, and this run sends "+
				strings.Join(logins, " and "), "add --anonymous and a proxy without a login, or --keylog-with-login to write them all the same")
		}
		var err error
		if t.keys, err = newKeyLog(o.keylog); err != nil {
			return nil, fmt.Errorf("--keylog: %w", err)
		}
		run.KeepKeys(t.keys)
	}
	if o.pcap == "" {
		return t, nil
	}
	var err error
	if t.recording, err = record(o.pcap, run.Ports()); err != nil {
		t.keys.discard()
		return nil, err
	}
	run.TellSockets(sockets{t.recording})
	return t, nil
}

// sockets tells a recording of a run's sockets, by the serials of its hops.
type sockets struct{ *packets.Recording }

func (s sockets) Opened(ctx context.Context, network string, port uint16) func() {
	return s.Recording.Opened(flows.SerialOf(ctx), network, port)
}

func (s sockets) Connected(ctx context.Context, network string, local net.Addr) {
	s.Recording.Connected(flows.SerialOf(ctx), network, local)
}

// record begins a recording, or says how to make one without this program's rights.
func record(path string, ports []uint16) (*packets.Recording, error) {
	r, err := packets.Start(path, "pullpath "+version)
	switch {
	case errors.Is(err, packets.ErrUnsupported):
		return nil, hint.New("--pcap: "+err.Error(), "beside it run: "+tcpdumpLine(path, ports))
	case errors.Is(err, fs.ErrPermission) && !opens(path):
		return nil, fmt.Errorf("--pcap: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return nil, hint.New("--pcap: reading packets needs CAP_NET_RAW, which this process does not have", "run it as root, or beside it: sudo "+
			tcpdumpLine(path, ports))
	case err != nil:
		return nil, fmt.Errorf("--pcap: %w", err)
	}
	return r, nil
}

// opens reports whether a file can be written, or made: it is not what the permission lacks for.
func opens(path string) bool {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_ = f.Close()
	}
	return !errors.Is(err, fs.ErrPermission)
}

// tcpdumpLine is the command that writes what --pcap would: by port, for it does not know whose
// a connection is.
func tcpdumpLine(path string, ports []uint16) string {
	filter := "icmp or icmp6 or port 53"
	for _, p := range ports {
		if p != dnsPort {
			filter += fmt.Sprintf(" or port %d", p)
		}
	}
	return fmt.Sprintf("tcpdump -i any -s 0 -U -w %s '%s'", quoteWord(redact.Argument(path)), filter)
}

// quoteWord returns a word as a POSIX shell takes it.
func quoteWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:@%"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// hop takes the hops when they have their numbers.
func (t *tap) hop(e flows.Event) {
	if t.recording != nil && e.Stage == flows.Numbered {
		t.hops[e.Serial] = e.Hop
	}
}

// finish ends what is written, and says what is in it.
func (t *tap) finish(s streams) error {
	var failed error
	if t.recording != nil {
		sum, err := t.recording.Finish(t.comment, t.keys.text())
		if err != nil {
			failed = fmt.Errorf("--pcap %s: %w", t.options.pcap, err)
		} else {
			notePackets(s, t.options.pcap, sum, t.keys != nil)
		}
	}
	if t.keys != nil {
		if err := t.keys.close(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("--keylog %s: %w", t.options.keylog, err))
		}
		warn(s, "%s opens this run's TLS connections to whoever has their packets: keep it as you keep a password",
			redact.Argument(t.options.keylog))
	}
	return failed
}

// notePackets says what a file of packets holds, that it is one to take care of, and what is
// missing in it.
func notePackets(s streams, path string, sum packets.Summary, keys bool) {
	path = redact.Argument(path)
	if sum.Packets+sum.Lost == 0 {
		warn(s, "%s has no packets: none was sent", path)
		return
	}
	readable := "what was not encrypted is readable in it, a login at the proxy too"
	if keys {
		readable = "it has the keys of its TLS connections, so all that was said is readable in it"
	}
	warn(s, "%s has %s of %s: %s; keep it as you keep a password", path, counted(sum.Packets, "packet", "packets"),
		counted(sum.Connections, "connection", "connections"), readable)
	if sum.Lost > 0 {
		warn(s, "%s: the kernel left out %s, of this run's or of others, that came faster than they were read", path,
			counted(sum.Lost, "packet", "packets"))
	}
	if sum.LeftOut > 0 {
		warn(s, "%s is full: %s of this run are not in it", path, counted(sum.LeftOut, "packet", "packets"))
	}
}

// keyLog is the file of --keylog. The lines are also kept, for the file of packets: a
// connection takes a few hundred bytes.
type keyLog struct {
	mu     sync.Mutex
	file   *os.File
	all    bytes.Buffer
	failed error
}

// newKeyLog opens the file, in the place of one that was there.
func newKeyLog(path string) (*keyLog, error) {
	const onlyOwner = 0o600
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, onlyOwner)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		if err = f.Chmod(onlyOwner); err == nil {
			err = f.Truncate(0)
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &keyLog{file: f}, nil
}

// Write implements [io.Writer]. A handshake does not fail because its keys cannot be written;
// close says that.
func (k *keyLog) Write(line []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all.Write(line)
	if k.failed == nil {
		_, k.failed = k.file.Write(line)
	}
	return len(line), nil
}

// text returns all lines, nil where none are kept.
func (k *keyLog) text() []byte {
	if k == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return bytes.Clone(k.all.Bytes())
}

func (k *keyLog) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return errors.Join(k.failed, k.file.Close())
}

// discard closes the file of a run that was not made.
func (k *keyLog) discard() {
	if k != nil {
		_ = k.file.Close()
	}
}
