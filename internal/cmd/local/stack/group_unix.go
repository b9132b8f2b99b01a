//go:build unix

package stack

import (
	"os/exec"
	"syscall"
)

const (
	politely = syscall.SIGTERM
	forcibly = syscall.SIGKILL
)

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// signalGroup reaches every process of the group; that there is none left is no error.
func signalGroup(cmd *exec.Cmd, signal syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, signal) }
