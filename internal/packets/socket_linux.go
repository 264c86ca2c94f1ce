package packets

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// queueBytes is what waits in the kernel while this process does something else: a layer at a
// gigabit per second for a twentieth of a second.
const queueBytes = 8 << 20

// packetSocket is one of packet(7), of all interfaces.
type packetSocket struct {
	file *os.File
	raw  syscall.RawConn
	oob  []byte
	// stopped says that what is there is still read, and no more waited for.
	stopped atomic.Bool
	dropped int
}

// open returns a socket that reads every packet. EPERM means that CAP_NET_RAW is missing.
func open() (source, error) {
	// Without a protocol it reads nothing, until it is bound and has its filter.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &packetSocket{file: os.NewFile(uintptr(fd), "packets"), oob: make([]byte, 256)}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, queueBytes) != nil { // needs CAP_NET_ADMIN
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, queueBytes)
	}
	err = errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)))
	if err == nil {
		s.raw, err = s.file.SyscallConn()
	}
	if err == nil {
		s.only(nil)
		err = os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL)}))
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func networkOrder(n uint16) uint16 {
	return binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, n))
}

func (s *packetSocket) stop() {
	s.stopped.Store(true)
	_ = s.file.SetReadDeadline(time.Unix(1, 0)) // wakes a read that waits
}

func (s *packetSocket) close() { _ = s.file.Close() }

// lost returns the kernel's own count of what found no place.
func (s *packetSocket) lost() int {
	_ = s.raw.Control(func(fd uintptr) {
		if stats, err := unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			s.dropped += int(stats.Drops)
		}
	})
	return s.dropped
}

func (s *packetSocket) read(buf []byte) (frame, error) {
	var f frame
	var failed error
	receive := func(fd uintptr) bool {
		for {
			f, failed = s.receive(int(fd), buf)
			if !errors.Is(failed, unix.EINTR) && !errors.Is(failed, unix.ENETDOWN) { // an interface went down: others have not
				return !errors.Is(failed, unix.EAGAIN)
			}
		}
	}
	err := s.raw.Read(receive)
	if s.stopped.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		if err = s.raw.Control(func(fd uintptr) { receive(fd) }); errors.Is(failed, unix.EAGAIN) {
			return frame{}, io.EOF
		}
	}
	if err == nil {
		err = failed
	}
	return f, err
}

// receive takes the next packet off the queue.
func (s *packetSocket) receive(fd int, buf []byte) (frame, error) {
	n, controls, _, from, err := unix.Recvmsg(fd, buf, s.oob, unix.MSG_TRUNC)
	if err != nil {
		return frame{}, err
	}
	f := frame{data: buf[:min(n, len(buf))], length: n, at: time.Now()}
	if at, ok := from.(*unix.SockaddrLinklayer); ok {
		loopback := at.Hatype == unix.ARPHRD_LOOPBACK
		f.link, f.ether = at.Ifindex, loopback || at.Hatype == unix.ARPHRD_ETHER
		f.echo = loopback && at.Pkttype == unix.PACKET_OUTGOING
	}
	messages, err := unix.ParseSocketControlMessage(s.oob[:controls])
	if err != nil {
		return f, nil //nolint:nilerr // the packet is there, without what belongs to it
	}
	for _, m := range messages {
		f.add(m)
	}
	return f, nil
}

// Places in struct tpacket_auxdata (linux/if_packet.h) and struct timespec on 64 bits.
const (
	auxNet     = 14
	auxSize    = 20
	timespec64 = 16
)

// add takes what the kernel says of a packet: where its IP header is, and when it passed.
func (f *frame) add(m unix.SocketControlMessage) {
	switch {
	case m.Header.Level == unix.SOL_PACKET && m.Header.Type == unix.PACKET_AUXDATA && len(m.Data) >= auxSize:
		f.network = int(binary.NativeEndian.Uint16(m.Data[auxNet:]))
	case m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= timespec64:
		f.at = time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
	}
}

// only has the kernel leave out the packets of other ports, so that a busy host's own traffic
// does not fill the queue. Where that fails every packet comes, and is left out here.
func (s *packetSocket) only(ports []uint16) {
	program, err := bpf.Assemble(filter(ports))
	if err != nil {
		return
	}
	raw := make([]unix.SockFilter, len(program))
	for i, p := range program {
		raw[i] = unix.SockFilter{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	_ = s.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]})
	})
}

// atNetwork is the place of the IP header in a filter (linux/filter.h, SKF_NET_OFF).
const atNetwork = 0xfff00000

// filter passes the packets of TCP and UDP from or to a port, those that are parts of one or have
// headers in between, and ICMP. Beyond [maxPorts] it passes all of TCP and UDP.
func filter(ports []uint16) []bpf.Instruction {
	pass, drop := bpf.RetConstant{Val: snapLength}, bpf.RetConstant{Val: 0}
	steps := []bpf.Instruction{
		bpf.LoadAbsolute{Off: atNetwork, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 11},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 4, SkipTrue: 1},
		drop,
		// IPv4: a part of a packet, its protocol, and the length of its header.
		bpf.LoadAbsolute{Off: atNetwork + 6, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 5},
		bpf.LoadMemShift{Off: atNetwork},
		bpf.LoadAbsolute{Off: atNetwork + 9, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 15},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoUDP, SkipTrue: 14},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoICMP, SkipFalse: 1},
		pass,
		drop,
		// IPv6: its next header.
		bpf.LoadConstant{Dst: bpf.RegX, Val: 40},
		bpf.LoadAbsolute{Off: atNetwork + 6, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoTCP, SkipTrue: 8},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoUDP, SkipTrue: 7},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protoICMPv6, SkipTrue: 5},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nextHopByHop, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nextRouting, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nextFragment, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: nextDestination, SkipTrue: 1},
		drop,
		pass,
	}
	if len(ports) > maxPorts {
		return append(steps, pass)
	}
	for _, at := range []uint32{0, 2} {
		steps = append(steps, bpf.LoadIndirect{Off: atNetwork + at, Size: 2})
		for _, port := range ports {
			steps = append(steps, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(port), SkipFalse: 1}, pass)
		}
	}
	return append(steps, drop)
}
