// Package strays is in nobody's policy.
package strays
