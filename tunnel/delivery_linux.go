package tunnel

import (
	"net"

	"golang.org/x/sys/unix"

	"pullpath/internal/evidence"
)

// delivered asks the kernel (tcp(7), TCP_INFO; tcp(7), SIOCOUTQ). The acknowledgement of a SYN
// counts as a byte (RFC 4898, tcpEStatsAppHCThruOctetsAcked).
func delivered(conn *net.TCPConn) *evidence.Delivery {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	var out *evidence.Delivery
	_ = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		left, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if err != nil {
			return
		}
		out = &evidence.Delivery{Acked: max(int64(info.Bytes_acked)-1, 0), Unacked: int64(left), SentAgain: int(info.Total_retrans)}
	})
	return out
}
