package correspondence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"chancery/habilitation"
)

// shelfUploads of an agent names the draft of each upload that the agent began, until its draft is released or its file let go.
const shelfUploads Shelf = "uploads"

// uploadsOf is the house's shelf of what is being joined to a draft, whoever's the draft is.
func uploadsOf(draft habilitation.ID) Shelf { return Shelf("uploads " + draft.String()) }

// The states of an upload.
const (
	UploadReceiving = "receiving" // bytes are missing
	UploadWaiting   = "waiting"   // whole, and without a verdict
	UploadRefused   = "refused"   // looked at, and not taken
	UploadJoined    = "joined"    // in the vault, and one of the draft's attachments
)

// upload is a file on its way into a draft or a dossier.
type upload struct {
	ID       habilitation.ID      `json:"id"`
	Draft    habilitation.ID      `json:"draft"`             // or the dossier
	Dossier  bool                 `json:"dossier,omitempty"` // it is one
	By       habilitation.AgentID `json:"by"`
	Name     string               `json:"name"`
	Size     int64                `json:"size"` // announced; -1 until the end when nobody knew
	Level    string               `json:"level,omitempty"`
	SHA512   string               `json:"sha512,omitempty"` // announced
	Typed    habilitation.Level   `json:"typed"`            // of the session that began it
	Touched  time.Time            `json:"touched"`
	State    string               `json:"state"`
	Fault    *Fault               `json:"fault,omitempty"`
	File     *FormAttachment      `json:"file,omitempty"`
	Warnings []Warning            `json:"warnings,omitempty"`
	Taken    bool                 `json:"taken,omitempty"` // the draft's form names it; it still takes room of its agent's share
}

// uploads is what the house does beside the desks about files.
type uploads struct {
	keeping sync.RWMutex // held for reading while a file is kept, for writing while one is let go

	announcing sync.Mutex // held while room is found for an upload, else two would share the same room

	mu      sync.Mutex
	waiting map[habilitation.ID]habilitation.ID // upload → draft
	busy    map[habilitation.ID]bool            // being inspected now
	away    bool                                // the last inspection had no verdict
	wake    chan struct{}                       // one token: look at what waits
	settled chan struct{}                       // closed and replaced when an inspection ends
}

func newUploads() uploads {
	return uploads{waiting: map[habilitation.ID]habilitation.ID{}, busy: map[habilitation.ID]bool{}, wake: make(chan struct{}, 1), settled: make(chan struct{})}
}

// inspections is how many files are looked at at a time.
const inspections = 4

// await puts a whole upload in line.
func (u *uploads) await(id, draft habilitation.ID) {
	u.mu.Lock()
	u.waiting[id] = draft
	u.mu.Unlock()
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// next takes the uploads that wait and are not being looked at, as many as there is room for.
func (u *uploads) next() map[habilitation.ID]habilitation.ID {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := map[habilitation.ID]habilitation.ID{}
	for id, draft := range u.waiting {
		if len(u.busy) >= inspections {
			break
		}
		if !u.busy[id] {
			u.busy[id], taken[id] = true, draft
		}
	}
	return taken
}

// done notes the end of an inspection; one without a verdict stays in line.
func (u *uploads) done(id habilitation.ID, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.busy, id)
	u.away = err != nil
	if err == nil {
		delete(u.waiting, id)
	}
	close(u.settled)
	u.settled = make(chan struct{})
}

// ended is closed when the next inspection ends.
func (u *uploads) ended() <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.settled
}

// isAway reports whether no verdict could be had the last time one was wanted.
func (u *uploads) isAway() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.away
}

// The rests between two looks at what waits, and between two tidyings.
const (
	inspectAgain = 30 * time.Second
	tidyAgain    = time.Hour
)

// inspectAll has everything that waits looked at, and tidies, until the house closes.
func (c *Chancery) inspectAll() {
	defer c.done.Done()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	again := c.InspectAgain
	if again == 0 {
		again = inspectAgain
	}
	retry, tidy := time.NewTicker(again), time.NewTicker(tidyAgain)
	defer retry.Stop()
	defer tidy.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-c.uploads.wake:
		case <-retry.C:
		case <-tidy.C:
			running.Go(func() {
				if err := c.TidyFiles(ctx); err != nil && ctx.Err() == nil {
					c.Log.Error("files are not tidied", "why", err.Error())
				}
			})
		}
		for id, draft := range c.uploads.next() {
			running.Go(func() { c.settleLogged(ctx, draft, id) })
		}
	}
}

// settleLogged settles one upload; what has no verdict is asked for again later.
func (c *Chancery) settleLogged(ctx context.Context, draft, id habilitation.ID) {
	err := c.settleUpload(ctx, draft, id)
	switch {
	case errors.Is(err, ErrNotInspected):
		c.Log.Warn("an upload waits for its inspection", "why", err.Error())
	case err != nil && ctx.Err() == nil:
		c.Log.Error("an upload is not inspected", "why", err.Error())
	}
	c.uploads.done(id, err)
	if err == nil {
		select {
		case c.uploads.wake <- struct{}{}: // there is room for another
		default:
		}
	}
}

// settleUpload looks at a whole upload and notes the verdict. Only then does the file become one of the draft's; the bytes in quarantine go last.
func (c *Chancery) settleUpload(ctx context.Context, draft, id habilitation.ID) error {
	u, err := c.upload(ctx, draft, id)
	if errors.Is(err, ErrNotThere) {
		return c.Inspector.Drop(ctx, id) // taken back meanwhile
	}
	if err != nil || u.State != UploadWaiting {
		return err
	}
	file, fault, err := c.keepReceived(ctx, id, "attachments", u.Name, u.SHA512)
	if err != nil {
		return err
	}
	if fault == nil && c.onItsWay(draft) {
		fault = &Fault{Field: "attachments", Key: "file-too-late", Args: map[string]string{"name": fileName(u.Name)}}
	}
	if fault == nil && u.Dossier {
		if fault, err = c.putInDossier(ctx, u, file); err != nil {
			return err
		}
	}
	if fault != nil {
		u.State, u.Fault = UploadRefused, fault
	} else {
		file.Name, file.Level = u.Name, u.Level
		u.State, u.File = UploadJoined, &file
		if verdict, known, err := c.inspectedAs(ctx, file.SHA512); err == nil && known {
			u.Warnings = verdict.Warnings
		}
	}
	if err := c.replaceUpload(ctx, u); errors.Is(err, ErrStale) {
		return c.Inspector.Drop(ctx, id) // taken back while it was looked at
	} else if err != nil {
		return err
	}
	return c.Inspector.Drop(ctx, id)
}

// upload reads one; ErrNotThere when there is none.
func (c *Chancery) upload(ctx context.Context, draft, id habilitation.ID) (upload, error) {
	item, err := c.Store.Get(ctx, ownerHouse, uploadsOf(draft), id.String())
	if err != nil {
		return upload{}, fmt.Errorf("read upload %s: %w", id, err)
	}
	return readUpload(item)
}

func readUpload(item Item) (u upload, err error) {
	if err := json.Unmarshal(item.Value, &u); err != nil {
		return u, fmt.Errorf("read upload %s: %w", item.Key, err)
	}
	return u, nil
}

// uploadsTo lists the uploads to a draft, in the order in which they were begun.
func (c *Chancery) uploadsTo(ctx context.Context, draft habilitation.ID) ([]upload, error) {
	items, err := c.Store.List(ctx, ownerHouse, uploadsOf(draft))
	if err != nil {
		return nil, fmt.Errorf("list uploads to %s: %w", draft, err)
	}
	slices.SortFunc(items, func(a, b Item) int { return int(min(1, max(-1, int64(a.Version)-int64(b.Version)))) })
	var all []upload
	for _, item := range items {
		u, err := readUpload(item)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// putUpload writes an upload in place of a version.
func (c *Chancery) putUpload(ctx context.Context, u upload, over uint64) error {
	value, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("keep upload %s: %w", u.ID, err)
	}
	if _, err := c.Store.Put(ctx, ownerHouse, uploadsOf(u.Draft), u.ID.String(), over, value); err != nil {
		return fmt.Errorf("keep upload %s: %w", u.ID, err)
	}
	return nil
}

// replaceUpload writes an upload that must still be there: ErrStale when it was taken back.
func (c *Chancery) replaceUpload(ctx context.Context, u upload) error {
	item, err := c.Store.Get(ctx, ownerHouse, uploadsOf(u.Draft), u.ID.String())
	if errors.Is(err, ErrNotThere) {
		return ErrStale
	}
	if err != nil {
		return fmt.Errorf("keep upload %s: %w", u.ID, err)
	}
	return c.putUpload(ctx, u, item.Version)
}

// forgetUploads takes uploads off both shelves, and their bytes out of quarantine.
func (c *Chancery) forgetUploads(ctx context.Context, gone ...upload) error {
	var errs []error
	for _, u := range gone {
		errs = append(errs, c.Store.Remove(ctx, ownerHouse, uploadsOf(u.Draft), u.ID.String()),
			c.Store.Remove(ctx, OwnerAgent(u.By), shelfUploads, u.ID.String()))
		if c.Inspector != nil {
			errs = append(errs, c.Inspector.Drop(ctx, u.ID))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("forget uploads: %w", err)
	}
	return nil
}

// everyUpload lists what every agent began.
func (c *Chancery) everyUpload(ctx context.Context) (map[habilitation.ID]upload, error) {
	all := map[habilitation.ID]upload{}
	for agent := range c.Folds.Register.Agents() {
		mine, err := c.uploadsBy(ctx, agent.ID)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, mine)
	}
	return all, nil
}

// uploadsBy lists what one agent began.
func (c *Chancery) uploadsBy(ctx context.Context, agent habilitation.AgentID) (map[habilitation.ID]upload, error) {
	items, err := c.Store.List(ctx, OwnerAgent(agent), shelfUploads)
	if err != nil {
		return nil, fmt.Errorf("list uploads: %w", err)
	}
	all := map[habilitation.ID]upload{}
	for _, item := range items {
		draft, err := habilitation.ParseID(string(item.Value))
		if err != nil {
			return nil, fmt.Errorf("list uploads: %w", err)
		}
		id, err := habilitation.ParseID(item.Key)
		if err != nil {
			return nil, fmt.Errorf("list uploads: %w", err)
		}
		u, err := c.upload(ctx, draft, id)
		if errors.Is(err, ErrNotThere) {
			u = upload{ID: id, Draft: draft, By: agent} // half forgotten when the power failed
		} else if err != nil {
			return nil, err
		}
		all[id] = u
	}
	return all, nil
}

// resumeUploads puts in line what was whole when the house closed, and destroys what lies in quarantine for nobody.
func (c *Chancery) resumeUploads(ctx context.Context) error {
	if c.Inspector == nil {
		return nil
	}
	all, err := c.everyUpload(ctx)
	if err != nil {
		return err
	}
	held, err := c.Inspector.Held(ctx)
	if err != nil {
		return err
	}
	for _, id := range held {
		u, known := all[id]
		if !known || u.State != UploadReceiving && u.State != UploadWaiting {
			if err := c.Inspector.Drop(ctx, id); err != nil {
				return err
			}
		}
	}
	for id, u := range all {
		if u.State == UploadWaiting {
			c.uploads.await(id, u.Draft)
		}
	}
	return nil
}
