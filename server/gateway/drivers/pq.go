// One script of behaviour through lib/pq. Prints what came of each step, a line each; the test beside it runs it at PostgreSQL itself and
// through the gateway, and compares.
package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/lib/pq"
)

func connect(authority string, more string) *sql.DB {
	given := func(name string) string { return os.Getenv("DRIVER_" + name) }
	db, err := sql.Open("postgres", fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=verify-full sslrootcert=%s %s", given("HOST"), given("PORT"), given("USER"), given("PASSWORD"), given("DBNAME"), authority, more))
	must(err)
	db.SetMaxOpenConns(1)
	return db
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func say(name string, value interface{}) { fmt.Printf("%s\t%q\n", name, fmt.Sprint(value)) }

func state(err error) string {
	var found *pq.Error
	if errors.As(err, &found) {
		return string(found.Code)
	}
	return fmt.Sprint(err)
}

func types(db *sql.DB, name string) {
	rows, err := db.Query("SELECT id, n, big, small, f, r, b, t, v, d, ts, tz, i, u, j, jb, ia, ta, na, net, span, mood, by FROM crm.form WHERE id > $1 ORDER BY id", 0)
	must(err)
	defer rows.Close()
	kinds, err := rows.ColumnTypes()
	must(err)
	for rows.Next() {
		values := make([]interface{}, len(kinds))
		into := make([]interface{}, len(kinds))
		for index := range values {
			into[index] = &values[index]
		}
		must(rows.Scan(into...))
		line := []string{}
		for index, value := range values {
			line = append(line, fmt.Sprintf("%s %T %v", kinds[index].DatabaseTypeName(), value, value))
		}
		say(name, strings.Join(line, ", "))
	}
	must(rows.Err())
}

func reading(db *sql.DB) {
	prepared, err := db.Prepare("SELECT count(*) FROM crm.listener WHERE user_id > $1")
	must(err)
	total := 0
	for index := 0; index < 30; index++ {
		var count int
		must(prepared.QueryRow(index).Scan(&count))
		total += count
	}
	must(prepared.Close())
	say("prepared", total)
	var array []string
	var binary []byte
	must(db.QueryRow("SELECT $1::text[], $2::bytea", pq.Array([]string{"a", "b"}), []byte{0, 255}).Scan(pq.Array(&array), &binary))
	say("parameters", fmt.Sprint(array, binary))
	digest, count := sha256.New(), 0
	rows, err := db.Query("SELECT i, repeat('x', 100) FROM generate_series(1, 30000) AS i")
	must(err)
	for rows.Next() {
		var number int
		var text string
		must(rows.Scan(&number, &text))
		fmt.Fprintln(digest, number, text)
		count++
	}
	must(rows.Err())
	say("large", fmt.Sprintf("%d %x", count, digest.Sum(nil)))
}

func transactions(db *sql.DB) {
	tx, err := db.Begin()
	must(err)
	for _, statement := range []string{"DELETE FROM crm.task", "INSERT INTO crm.task (id, note) VALUES (1, 'kept')", "SAVEPOINT one"} {
		_, err = tx.Exec(statement)
		must(err)
	}
	_, err = tx.Exec("INSERT INTO crm.task (id, note) VALUES ($1, $2)", 1, "twice")
	say("savepoint", state(err))
	_, err = tx.Exec("ROLLBACK TO SAVEPOINT one")
	must(err)
	_, err = tx.Exec("DECLARE portal CURSOR FOR SELECT user_id FROM crm.listener ORDER BY user_id")
	must(err)
	fetched := 0
	for {
		rows, err := tx.Query("FETCH 1000 FROM portal")
		must(err)
		before := fetched
		for rows.Next() {
			fetched++
		}
		must(rows.Err())
		if fetched == before {
			break
		}
	}
	say("cursor", fetched)
	must(tx.Commit())
	tx, err = db.Begin()
	must(err)
	done, err := tx.Exec("UPDATE crm.task SET note = 'changed'")
	must(err)
	updated, _ := done.RowsAffected()
	say("updated", updated)
	must(tx.Rollback())
	var note string
	must(db.QueryRow("SELECT note FROM crm.task").Scan(&note))
	say("kept", note)
}

func main() {
	db := connect(os.Getenv("DRIVER_CA"), "")
	types(db, "types")
	for _, one := range [][2]string{{"division", "SELECT 1/0"}, {"syntax", "SELEC 1"}, {"privilege", "SELECT email FROM crm.listener"}, {"cast", "SELECT 'x'::int"}, {"duplicate", "INSERT INTO crm.task (id, note) VALUES (1, 'a'), (1, 'b')"}} {
		_, err := db.Exec(one[1])
		say(one[0], state(err))
	}
	transactions(db)
	reading(db)
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	_, err := db.QueryContext(ctx, "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b")
	say("cancelled", state(err))
	stop()
	var one int
	must(db.QueryRow("SELECT 1").Scan(&one))
	say("after cancelling", one)
	must(db.Close())
	db = connect(os.Getenv("DRIVER_CA"), "binary_parameters=yes")
	types(db, "types with binary parameters")
	must(db.Close())
	say("another authority", connect(os.Getenv("DRIVER_OTHER_CA"), "").Ping())
}
