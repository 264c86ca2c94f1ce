//go:build linux

package testbed

import (
	"encoding/binary"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Delay holds back what the last router sends to the far host. It is a relay in user
// space, for the kernel may lack netem: packets leave by one tunnel device and come
// back by another after a while, as if the cable were long. It costs no hop.
func (s *Street) Delay(d time.Duration) {
	s.t.Helper()
	in, out := s.tun("slow-in"), s.tun("slow-out")
	ip(s.t, "-n", s.Distant.Name, "route", "add", "default", "via", "10.78.4.2", "table", "100")
	ip(s.t, "-n", s.Distant.Name, "rule", "add", "iif", "slow-out", "lookup", "100")
	ip(s.t, "-n", s.Distant.Name, "route", "add", FarNet, "dev", "slow-in")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		relay(in, out, d)
	}()
	s.t.Cleanup(func() {
		_ = in.Close()
		<-ended
		_ = out.Close()
	})
}

// relay passes packets on until its source is closed.
func relay(in, out *os.File, d time.Duration) {
	for {
		packet := make([]byte, 2048) // above the device's MTU of 1500
		n, err := in.Read(packet)
		if err != nil {
			return
		}
		time.AfterFunc(d, func() { _, _ = out.Write(sameHop(packet[:n])) })
	}
}

// sameHop undoes the hop that an IPv4 packet lost on its way into the relay (RFC 791
// section 3.1: time to live and header checksum).
func sameHop(packet []byte) []byte {
	const ttl, checksum, header = 8, 10, 20
	if len(packet) < header || packet[0]>>4 != 4 {
		return packet
	}
	packet[ttl]++
	binary.BigEndian.PutUint16(packet[checksum:], 0)
	sum := uint32(0)
	for i := 0; i < int(packet[0]&15)*4 && i+1 < len(packet); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(packet[i:]))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(packet[checksum:], ^uint16(sum))
	return packet
}

// tun makes a tunnel device of the last router and returns its end in user space.
func (s *Street) tun(name string) *os.File {
	s.t.Helper()
	var file *os.File
	err := s.Distant.within(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		var request struct { // struct ifreq, netdevice(7)
			name  [unix.IFNAMSIZ]byte
			flags uint16
			_     [22]byte
		}
		copy(request.name[:], name)
		request.flags = unix.IFF_TUN | unix.IFF_NO_PI
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TUNSETIFF, uintptr(unsafe.Pointer(&request))); errno != 0 {
			_ = unix.Close(fd)
			return errno
		}
		if err := unix.SetNonblock(fd, true); err != nil { // so that Close ends a Read
			_ = unix.Close(fd)
			return err
		}
		file = os.NewFile(uintptr(fd), name)
		return nil
	})
	if err != nil {
		s.t.Fatalf("tunnel device %s: %v", name, err)
	}
	ip(s.t, "-n", s.Distant.Name, "link", "set", name, "up")
	return file
}
