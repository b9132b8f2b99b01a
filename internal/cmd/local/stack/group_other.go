//go:build !unix

package stack

import (
	"os"
	"os/exec"
)

const (
	politely = iota
	forcibly
)

func ownGroup(*exec.Cmd) {}

// signalGroup ends the process itself only, as there are no process groups here.
func signalGroup(cmd *exec.Cmd, how int) {
	if how == forcibly {
		_ = cmd.Process.Signal(os.Kill)
	}
}
