// Checks an evidence bundle with the libraries of Go's checksum database, which nobody of this project wrote: golang.org/x/mod/sumdb/tlog and note.
// What it looks at: signatures, roots over all entries, every tile, the head of each log in every snapshot, and receipts.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8
const tileWidth = 1 << tileHeight

// bundle is a directory of evidence.
type bundle string

func (dir bundle) read(path string) []byte {
	content, err := os.ReadFile(filepath.Join(string(dir), filepath.FromSlash(path)))
	must(err, path)
	return content
}

func must(err error, what string) {
	if err != nil {
		refuse("%s: %v", what, err)
	}
}

func refuse(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, "refused: "+format+"\n", values...)
	os.Exit(1)
}

// log is one log of a bundle, all of whose entries were read.
type log struct {
	name    string
	tree    tlog.Tree
	entries [][]byte
	stored  []tlog.Hash
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(l.stored)) {
			return nil, fmt.Errorf("a hash beyond the log")
		}
		hashes[at] = l.stored[index]
	}
	return hashes, nil
}

// openCheckpoint verifies a signed checkpoint against one key, and reads its three lines.
func openCheckpoint(signed []byte, key string, what string) (string, tlog.Tree) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	must(err, what+": key")
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err, what)
	origin, tree := parseCheckpoint(opened.Text, what)
	if origin != verifier.Name() {
		refuse("%s is of %s, and signed by %s", what, origin, verifier.Name())
	}
	return origin, tree
}

func parseCheckpoint(text string, what string) (string, tlog.Tree) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		refuse("%s has not three lines", what)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, what+": size")
	root, err := tlog.ParseHash(lines[2])
	must(err, what+": root")
	return lines[0], tlog.Tree{N: size, Hash: root}
}

// tilePath is the path of C2SP tlog-tiles; the library's own has the height in it, and another word for entries.
func tilePath(level string, index int64, width int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for rest := index / 1000; rest > 0; rest /= 1000 {
		path = fmt.Sprintf("x%03d/%s", rest%1000, path)
	}
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + level + "/" + path
}

// tiles reads the tiles of one log for the library, which checks each against the root.
type tiles struct {
	dir    bundle
	folder string
}

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for at, tile := range wanted {
		found[at] = t.dir.read(t.folder + "/" + tilePath(strconv.Itoa(tile.L), tile.N, tile.W))
	}
	return found, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func readEntries(dir bundle, folder string, size int64) [][]byte {
	entries := make([][]byte, 0, size)
	for index := int64(0); index*tileWidth < size; index++ {
		width := tileWidth
		if size-index*tileWidth < tileWidth {
			width = int(size - index*tileWidth)
		}
		rest := dir.read(folder + "/" + tilePath("entries", index, width))
		for count := 0; count < width; count++ {
			if len(rest) < 2 {
				refuse("%s: bundle %d ends early", folder, index)
			}
			length := int(rest[0])<<8 | int(rest[1])
			if len(rest) < 2+length {
				refuse("%s: bundle %d ends within an entry", folder, index)
			}
			entries = append(entries, rest[2:2+length])
			rest = rest[2+length:]
		}
		if len(rest) != 0 {
			refuse("%s: bundle %d holds more than its entries", folder, index)
		}
	}
	return entries
}

// readLog checks one log whole: signature, root, and every tile.
func readLog(dir bundle, folder string, key string) *log {
	origin, tree := openCheckpoint(dir.read(folder+"/checkpoint"), key, folder+" checkpoint")
	l := &log{name: origin, tree: tree, entries: readEntries(dir, folder, tree.N)}
	for index, entry := range l.entries {
		hashes, err := tlog.StoredHashes(int64(index), entry, l)
		must(err, folder)
		l.stored = append(l.stored, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, l)
	must(err, folder)
	if root != tree.Hash {
		refuse("%s: its entries hash to another root than the one signed", folder)
	}
	reader := tlog.TileHashReader(tree, tiles{dir, folder})
	for first := int64(0); first < tree.N; first += tileWidth {
		var wanted []int64
		for index := first; index < tree.N && index < first+tileWidth; index++ {
			wanted = append(wanted, tlog.StoredHashIndex(0, index))
		}
		_, err := reader.ReadHashes(wanted)
		must(err, folder+": tiles")
	}
	return l
}

func fieldOf(line string, name string, what string) string {
	if !strings.HasPrefix(line, name+" ") {
		refuse("%s: no %s", what, name)
	}
	return line[len(name)+1:]
}

func numberOf(text string, what string) int64 {
	number, err := strconv.ParseInt(text, 10, 64)
	must(err, what)
	return number
}

func pathOf(lines []string, what string) tlog.RecordProof {
	var path tlog.RecordProof
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		must(err, what)
		path = append(path, hash)
	}
	return path
}

// checkHeads checks that each snapshot fixed a prefix of this log, and the last one all of it.
func checkHeads(dir bundle, folder string, root *log, l *log) int {
	checked, size := 0, int64(0)
	for index, snapshot := range root.entries {
		path := fmt.Sprintf("%s/%d", folder, index)
		content, err := os.ReadFile(filepath.Join(string(dir), path))
		if os.IsNotExist(err) && checked == 0 {
			continue // the log was opened later
		}
		must(err, path)
		size = checkHead(string(content), strings.Split(string(snapshot), "\n"), path, l, size)
		checked++
	}
	if checked == 0 || size != l.tree.N {
		refuse("%s: the last snapshot does not fix the whole log", folder)
	}
	return checked
}

func checkHead(content string, snapshot []string, path string, l *log, before int64) int64 {
	parts := strings.SplitN(content, "\n\n", 2)
	if len(parts) != 2 || len(snapshot) != 5 {
		refuse("%s: not a head of a snapshot", path)
	}
	lines := strings.Split(parts[0], "\n")
	slot, slots := numberOf(fieldOf(lines[2], "slot", path), path), numberOf(fieldOf(lines[3], "slots", path), path)
	if fieldOf(snapshot[2], "slots", path) != strconv.FormatInt(slots, 10) {
		refuse("%s: another number of slots than its snapshot", path)
	}
	all, err := tlog.ParseHash(fieldOf(snapshot[3], "root", path))
	must(err, path)
	must(tlog.CheckRecord(pathOf(lines[4:], path), slots, all, slot, tlog.RecordHash([]byte(parts[1]))), path)
	origin, tree := parseCheckpoint(parts[1], path)
	if origin != l.name || !strings.HasSuffix(origin, fmt.Sprintf("/%d", slot)) {
		refuse("%s: the head of another log", path)
	}
	if tree.N < before || tree.N > l.tree.N {
		refuse("%s: a log that shrinks, or a head beyond it", path)
	}
	root, err := tlog.TreeHash(tree.N, l)
	must(err, path)
	if root != tree.Hash {
		refuse("%s: not the first %d entries of this log", path, tree.N)
	}
	return tree.N
}

func checkReceipts(dir bundle, key string, l *log) int {
	files, err := filepath.Glob(filepath.Join(string(dir), "proofs", "*.tlog-proof"))
	must(err, "proofs")
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(err, file)
		leaf, err := os.ReadFile(strings.TrimSuffix(file, ".tlog-proof") + ".leaf")
		must(err, file)
		parts := strings.SplitN(string(content), "\n\n", 2)
		lines := strings.Split(parts[0], "\n")
		if len(parts) != 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
			refuse("%s: not a receipt", file)
		}
		index := numberOf(fieldOf(lines[1], "index", file), file)
		_, tree := openCheckpoint([]byte(parts[1]), key, file)
		must(tlog.CheckRecord(pathOf(lines[2:], file), tree.N, tree.Hash, index, tlog.RecordHash(leaf)), file)
		if index >= int64(len(l.entries)) || !bytes.Equal(l.entries[index], leaf) {
			refuse("%s: not what stands in the log", file)
		}
	}
	return len(files)
}

// checkDisclosures checks opened payloads against what their entries committed to: SHA-256 over a prefix, salt and payload.
func checkDisclosures(dir bundle, l *log) int {
	files, err := filepath.Glob(filepath.Join(string(dir), "disclosed", "*"))
	must(err, "disclosed")
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(err, file)
		index := numberOf(strings.SplitN(filepath.Base(file), ".", 2)[0], file)
		if index >= int64(len(l.entries)) || !bytes.Contains(l.entries[index], []byte(commitment(content))) {
			refuse("%s: not what its entry committed to", file)
		}
	}
	return len(files)
}

func commitment(content []byte) string {
	sum := sha256.Sum256(append([]byte("bailee/commit/v1\n"), content...))
	return hex.EncodeToString(sum[:])
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: check DIRECTORY")
		os.Exit(2)
	}
	dir := bundle(os.Args[1])
	rootKey := fieldOf(strings.Split(string(dir.read("policy")), "\n")[0], "log", "policy")
	root := readLog(dir, "root", rootKey)
	clientKey := string(dir.read("client.vkey"))
	client := readLog(dir, "client", clientKey)
	common := readLog(dir, "common", string(dir.read("common.vkey")))
	heads := checkHeads(dir, "heads", root, client)
	checkHeads(dir, "common-heads", root, common)
	receipts := checkReceipts(dir, clientKey, client)
	fmt.Printf("%d entries, %d of the common log, %d snapshots, %d heads, %d receipts, %d disclosures\n", client.tree.N, common.tree.N, root.tree.N, heads, receipts, checkDisclosures(dir, client))
}
