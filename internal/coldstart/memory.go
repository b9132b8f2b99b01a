package coldstart

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// peakMemory is the most that a running process has held so far, in bytes; 0 where
// the system does not say. What wait reports of an ended one will not do: on Linux
// that counts what its parent held when it was started.
// https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}
