// Package house holds an invented house with its correspondence: what the demonstration is made of. All people and events in it are invented.
package house

import "embed"

// Files are house.json, the messages in files messages-NN.jsonl, and live.jsonl.
//
//go:embed *.json *.jsonl
var Files embed.FS
