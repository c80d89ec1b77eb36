package habilitation

import "sync"

// recent remembers at least the last `size` keys it was given and at most twice as many: two maps, of which the older one is dropped
// when the newer is full. It is safe for concurrent use; values are shared and so must not be changed unless they guard themselves.
type recent[K comparable, V any] struct {
	mu    sync.RWMutex
	size  int
	newer map[K]V // guarded by mu, as is older
	older map[K]V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, newer: make(map[K]V)}
}

func (r *recent[K, V]) get(key K) (V, bool) {
	r.mu.RLock()
	value, ok := r.newer[key]
	if ok {
		r.mu.RUnlock()
		return value, true
	}
	value, ok = r.older[key]
	r.mu.RUnlock()
	if ok {
		r.put(key, value)
	}
	return value, ok
}

func (r *recent[K, V]) put(key K, value V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.putLocked(key, value)
}

func (r *recent[K, V]) putLocked(key K, value V) {
	if _, known := r.newer[key]; !known && len(r.newer) >= r.size {
		r.older, r.newer = r.newer, make(map[K]V, r.size)
	}
	r.newer[key] = value
}

// change replaces the value of a key by what the function makes of it; a key that is not remembered starts at the zero value.
func (r *recent[K, V]) change(key K, f func(V) V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.newer[key]
	if !ok {
		value = r.older[key]
	}
	r.putLocked(key, f(value))
}
