package egress_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
)

// names is a DNS server in this process that gives the same addresses for every
// name, as whoever holds a name could.
type names struct {
	t     *testing.T
	addrs []netip.Addr
	asked atomic.Int32
}

func newNames(t *testing.T, addrs ...string) *names {
	n := &names{t: t}
	for _, a := range addrs {
		n.addrs = append(n.addrs, netip.MustParseAddr(a))
	}
	return n
}

// resolver asks the server through a pipe; no packet leaves the process.
func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.serve(theirs)
		return ours, nil
	}}
}

// serve speaks DNS as over TCP: each message with its length in front.
// https://www.rfc-editor.org/rfc/rfc1035#section-4
func (n *names) serve(c net.Conn) {
	defer c.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		n.asked.Add(1)
		answer := n.answer(query)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (n *names) answer(query []byte) []byte {
	const header = 12
	end := header
	for query[end] != 0 { // the labels of the name
		end += int(query[end]) + 1
	}
	end += 5 // the last label, type and class
	kind := binary.BigEndian.Uint16(query[end-4:])
	var records []byte
	count := 0
	for _, a := range n.addrs {
		if want := map[uint16]int{1: 32, 28: 128}[kind]; want != a.BitLen() {
			continue
		}
		count++
		records = append(records, 0xc0, header)                              // the name, as asked
		records = append(binary.BigEndian.AppendUint16(records, kind), 0, 1) // class IN
		records = append(records, 0, 0, 0, 0)                                // not to be kept
		records = binary.BigEndian.AppendUint16(records, uint16(a.BitLen()/8))
		records = append(records, a.AsSlice()...)
	}
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, byte(count), 0, 0, 0, 0}, query[header:end]...)
	return append(answer, records...)
}
