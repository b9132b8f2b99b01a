// Package inmem is a store that forgets everything when the process ends. It
// passes the same behaviour suite as the real one, counts its calls and lets a
// test fail any of them before or after its effect, so that a crash on either
// side of a write can be played through.
package inmem
