package stack

// Run is run, for tests.
var Run = run
