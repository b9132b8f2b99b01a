package push

// For the tests of the parts that have no exported way in.
var SignificanceNote = eventNote
