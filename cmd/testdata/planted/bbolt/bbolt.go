// Package bbolt stands for a driver.
package bbolt
