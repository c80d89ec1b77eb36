// Package habilitation is as it should be.
package habilitation

// Perimeter stands for what a reader may see.
type Perimeter struct{}
