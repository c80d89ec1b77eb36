package inspection

import "time"

// What an archive may be, counted over all that is nested in it.
const (
	maxEntries   = 1000
	maxUnpacked  = 200 << 20 // bytes of all entries together
	maxEntry     = 100 << 20 // bytes of one entry
	maxRatio     = 100       // times its packed size, once it is more than freeRatio
	freeRatio    = 1 << 20
	maxNested    = 3        // archives in archives
	maxInner     = 32 << 20 // bytes of an archive inside another, which is held in memory
	maxDirectory = 1 << 20  // bytes of the central directory
)

// What a picture may be.
const (
	maxPixels     = 40_000_000
	pictureSide   = 1200
	thumbnailSide = 240
)

// What is kept of a file's words; a file that has more carries a warning.
const (
	maxWords = 1 << 20
	maxPages = 1000 // of a PDF
)

// limits bound one child.
type limits struct {
	memory  uint64 // bytes of address space beyond what the program takes to start
	seconds uint64 // of processor time
	written uint64 // bytes of any one file
	files   uint64 // open at once
	wall    time.Duration
	nice    int // how far it stands back behind whoever else wants the processor, see nice(1)
}

var childLimits = map[string]limits{
	jobWalk:       {memory: 512 << 20, seconds: 20, written: 1 << 20, files: 32, wall: 60 * time.Second},
	jobPicture:    {memory: 1 << 30, seconds: 20, written: 256 << 20, files: 32, wall: 60 * time.Second},
	jobLooks:      {memory: 512 << 20, seconds: 20, written: 16 << 20, files: 32, wall: 60 * time.Second},
	jobWords:      {memory: 512 << 20, seconds: 20, written: 4 << 20, files: 32, wall: 60 * time.Second},
	jobPDFWords:   {memory: 1 << 30, seconds: 20, written: 64 << 20, files: 64, wall: 60 * time.Second},
	jobPDFPicture: {memory: 1 << 30, seconds: 20, written: 64 << 20, files: 64, wall: 60 * time.Second},
	jobMail:       {memory: 1 << 30, seconds: 600, files: 32, wall: 30 * time.Second, nice: 10}, // the wall stands around each mail
}
