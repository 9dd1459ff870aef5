// One script of behaviour through the JDBC driver. Prints what came of each step, a line each; the test beside it runs it at PostgreSQL
// itself and through the gateway, and compares.
import java.io.StringWriter;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.sql.*;
import java.util.*;
import org.postgresql.PGConnection;

class Jdbc {
  static final String columns = "id, n, big, small, f, r, b, t, v, d, ts, tz, i, u, j, jb, ia, ta, na, net, span, mood, by";

  static Connection connect(String authority, String... more) throws SQLException {
    var given = new Properties();
    given.setProperty("user", System.getenv("DRIVER_USER"));
    given.setProperty("password", System.getenv("DRIVER_PASSWORD"));
    given.setProperty("sslmode", "verify-full");
    given.setProperty("sslrootcert", authority);
    for (int index = 0; index < more.length; index += 2) given.setProperty(more[index], more[index + 1]);
    return DriverManager.getConnection("jdbc:postgresql://" + System.getenv("DRIVER_HOST") + ":" + System.getenv("DRIVER_PORT") + "/" + System.getenv("DRIVER_DBNAME"), given);
  }

  static void say(String name, Object value) {
    System.out.println(name + "\t" + String.valueOf(value).replace("\n", "\\n"));
  }

  static String shown(Object value) {
    if (value instanceof byte[] bytes) return HexFormat.of().formatHex(bytes);
    if (value instanceof Array array) { try { return Arrays.deepToString((Object[]) array.getArray()); } catch (SQLException error) { return error.getSQLState(); } }
    return value == null ? "null" : value.getClass().getSimpleName() + " " + value;
  }

  static void refused(String name, Connection connection, String statement) throws SQLException {
    try (var one = connection.createStatement()) {
      one.execute(statement);
      say(name, "no error");
    } catch (SQLException error) {
      say(name, error.getSQLState());
    }
  }

  static void types(String name, Connection connection) throws SQLException {
    try (var one = connection.prepareStatement("SELECT " + columns + " FROM crm.form ORDER BY id")) {
      for (int turn = 0; turn < 7; turn += 1) { // after five the driver prepares it at the server and reads it in binary
        try (var rows = one.executeQuery()) {
          var meta = rows.getMetaData();
          while (rows.next()) {
            var line = new ArrayList<String>();
            for (int index = 1; index <= meta.getColumnCount(); index += 1) line.add(meta.getColumnTypeName(index) + " " + shown(rows.getObject(index)));
            if (turn == 0 || turn == 6) say(name + " " + turn, line);
          }
        }
      }
    }
    try (var one = connection.prepareStatement("SELECT ?::numeric, ?::timestamptz, ?::text[], ?::bytea, ?::json")) {
      one.setBigDecimal(1, new BigDecimal("1.50"));
      one.setTimestamp(2, Timestamp.valueOf("2019-04-01 12:00:00"));
      one.setArray(3, connection.createArrayOf("text", new String[] { "a", "b" }));
      one.setBytes(4, new byte[] { 0, (byte) 255 });
      one.setString(5, "{\"a\": 1}");
      try (var rows = one.executeQuery()) {
        rows.next();
        var line = new ArrayList<String>();
        for (int index = 1; index <= 5; index += 1) line.add(shown(rows.getObject(index)));
        say("parameters", line);
      }
    }
  }

  static void errors(Connection connection) throws SQLException {
    refused("division", connection, "SELECT 1/0");
    refused("syntax", connection, "SELEC 1");
    refused("privilege", connection, "SELECT email FROM crm.listener");
    refused("cast", connection, "SELECT 'x'::int");
    refused("duplicate", connection, "INSERT INTO crm.task (id, note) VALUES (1, 'a'), (1, 'b')");
    refused("after errors", connection, "SELECT 1");
  }

  static void transactions(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (var one = connection.createStatement()) {
      one.executeUpdate("DELETE FROM crm.task");
      one.executeUpdate("INSERT INTO crm.task (id, note) VALUES (1, 'kept')");
      var savepoint = connection.setSavepoint();
      refused("savepoint", connection, "INSERT INTO crm.task (id, note) VALUES (1, 'twice')");
      connection.rollback(savepoint);
      try (var batch = connection.prepareStatement("INSERT INTO crm.task (id, note) VALUES (?, ?)")) {
        for (int index = 2; index <= 6; index += 1) {
          batch.setInt(1, index);
          batch.setString(2, "row " + index);
          batch.addBatch();
        }
        say("batch", Arrays.toString(batch.executeBatch()));
      }
      connection.commit();
      say("updated", one.executeUpdate("UPDATE crm.task SET note = 'changed' WHERE id > 1"));
      connection.rollback();
      try (var rows = one.executeQuery("SELECT count(*), min(note), max(note) FROM crm.task")) {
        rows.next();
        say("kept", rows.getLong(1) + " " + rows.getString(2) + " " + rows.getString(3));
      }
    }
    connection.commit();
  }

  static void reading(Connection connection) throws Exception {
    long total = 0;
    try (var one = connection.prepareStatement("SELECT count(*) FROM crm.listener WHERE user_id > ?")) {
      for (int index = 0; index < 30; index += 1) {
        one.setInt(1, index);
        try (var rows = one.executeQuery()) { rows.next(); total += rows.getLong(1); }
      }
    }
    say("prepared", total);
    for (int size : new int[] { 100, 0 }) {
      var digest = MessageDigest.getInstance("SHA-256");
      int count = 0;
      try (var one = connection.createStatement()) {
        one.setFetchSize(size);
        try (var rows = one.executeQuery(size == 0 ? "SELECT i, repeat('x', 100) FROM generate_series(1, 30000) AS i" : "SELECT user_id, country FROM crm.listener ORDER BY user_id")) {
          while (rows.next()) { digest.update((rows.getString(1) + rows.getString(2)).getBytes()); count += 1; }
        }
      }
      say(size == 0 ? "large" : "cursor", count + " " + HexFormat.of().formatHex(digest.digest()));
    }
    connection.commit();
    try (var tables = connection.getMetaData().getColumns(null, "crm", "listener", "%")) {
      var names = new ArrayList<String>();
      while (tables.next()) names.add(tables.getString("COLUMN_NAME") + " " + tables.getString("TYPE_NAME"));
      say("metadata", names);
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  static void cancelled(Connection connection) throws Exception {
    try (var one = connection.createStatement()) {
      var timer = new Thread(() -> { try { Thread.sleep(1000); one.cancel(); } catch (Exception error) { say("cancel", error); } });
      timer.start();
      try {
        one.executeQuery("SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b");
        say("cancelled", "no error");
      } catch (SQLException error) {
        say("cancelled", error.getSQLState());
      }
      timer.join();
      try (var rows = one.executeQuery("SELECT 1")) { rows.next(); say("after cancelling", rows.getInt(1)); }
    }
  }

  static void copied(Connection connection) throws Exception {
    var into = new StringWriter();
    try {
      connection.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY crm.task (id, note) TO STDOUT", into);
      say("copy out", into);
    } catch (SQLException error) {
      say("copy out", error.getSQLState());
    }
  }

  public static void main(String[] arguments) throws Exception {
    var authority = System.getenv("DRIVER_CA");
    try (var connection = connect(authority)) {
      types("types", connection);
      errors(connection);
      transactions(connection);
      reading(connection);
      cancelled(connection);
      var status = new TreeMap<>(connection.unwrap(PGConnection.class).getParameterStatuses());
      status.keySet().removeAll(Set.of("session_authorization", "is_superuser", "application_name"));
      say("parameters of the session", status);
    }
    try (var connection = connect(authority, "preferQueryMode", "simple"); var one = connection.createStatement(); var rows = one.executeQuery("SELECT count(*) FROM crm.task")) {
      rows.next();
      say("connected again", rows.getLong(1));
    }
    try (var connection = connect(authority)) { copied(connection); }
    try (var connection = connect(System.getenv("DRIVER_OTHER_CA"))) {
      say("another authority", "was believed");
    } catch (SQLException error) {
      say("another authority", error.getSQLState());
    }
  }
}
