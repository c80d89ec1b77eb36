// Package fiction fills houses with invented people and messages: the small house of the demonstration, written by hand (testdata/house),
// and houses of any size made from a seed.
package fiction
