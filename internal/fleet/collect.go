package fleet

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"pullpath/internal/bundle"
)

// Broken is a report that could not be read.
type Broken struct {
	Name string `json:"name"`
	Err  string `json:"error"`
}

// Collection is what was read.
type Collection struct {
	Reports []Report
	// Broken are those that could not be read, by name.
	Broken []Broken
	// Samples are the first report of each outcome whole, for a few outcomes.
	Samples map[string][]byte
	// Few are all reports whole, where there are no more than six; else none.
	Few []bundle.Item
}

// FewReports is how many reports stand side by side, a column each. Of more nobody reads the
// columns.
const FewReports = 6

const (
	// maxSamples bounds the outcomes of which a report is kept whole, and maxSampled their bytes:
	// hops are compared for a handful of groups.
	maxSamples, maxSampled = 64, 16 << 20
)

// collector puts together what several workers read.
type collector struct {
	mu sync.Mutex
	// alone is held while a large report is read.
	alone sync.Mutex
	Collection
	sampled int
	// texts has each text once: thousands of reports say the same few.
	texts map[string]string
	// samples has the name of the report of each sample.
	samples map[string]string
}

// Collect reads reports as a source hands them on, with as many workers as there are
// processors. The order in which they come makes no difference to the result.
func Collect(each func(yield func(bundle.Item) bool) error, judge Judge) (Collection, error) {
	c := &collector{Collection: Collection{Samples: map[string][]byte{}}, texts: map[string]string{}, samples: map[string]string{}}
	items := make(chan bundle.Item)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for item := range items {
				c.take(item, judge)
			}
		})
	}
	err := each(func(i bundle.Item) bool { items <- i; return true })
	close(items)
	workers.Wait()
	slices.SortFunc(c.Few, func(a, b bundle.Item) int { return a.Order - b.Order })
	slices.SortFunc(c.Broken, func(a, b Broken) int { return strings.Compare(a.Name, b.Name) })
	return c.Collection, err
}

// large is the size, in bytes, above which reports are read one at a time: what is made of one
// takes some ten times its size, and a report of fifty hosts has a tenth of this.
const large = 1 << 20

// take reads one report.
func (c *collector) take(item bundle.Item, judge Judge) {
	r, err := Report{}, item.Err
	if err == nil {
		if len(item.Data) > large {
			c.alone.Lock()
			defer c.alone.Unlock()
		}
		r, err = Read(item.Name, item.Data, judge)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.Broken = append(c.Broken, Broken{Name: item.Name, Err: strings.TrimPrefix(err.Error(), "read report: ")})
		return
	}
	c.sample(r, item.Data)
	if len(c.Reports) == FewReports {
		c.Few = nil
	} else if len(c.Reports) < FewReports {
		c.Few = append(c.Few, item)
	}
	c.Reports = append(c.Reports, c.shared(r))
}

// sample keeps the report whose name is the first of its outcome.
func (c *collector) sample(r Report, data []byte) {
	before, known := c.samples[r.Fingerprint]
	old := len(c.Samples[r.Fingerprint])
	if known && before <= r.Name || !known && len(c.samples) >= maxSamples || c.sampled-old+len(data) > maxSampled {
		return
	}
	c.sampled += len(data) - old
	c.samples[r.Fingerprint] = r.Name
	c.Samples[r.Fingerprint] = slices.Clip(data)
}

// shared returns the report with texts that others have too.
func (c *collector) shared(r Report) Report {
	once := func(s string) string {
		if known, ok := c.texts[s]; ok {
			return known
		}
		s = strings.Clone(s)
		c.texts[s] = s
		return s
	}
	r.Name, r.Node, r.Fingerprint, r.Status, r.Summary = strings.Clone(r.Name), strings.Clone(r.Node), once(r.Fingerprint), once(r.Status),
		once(r.Summary)
	for i, code := range r.Codes {
		r.Codes[i] = once(code)
	}
	kept := make([]Attribute, len(r.Attributes))
	for i, a := range r.Attributes {
		kept[i] = Attribute{once(a.Kind), once(a.Value)}
	}
	r.Attributes = kept
	return r
}
