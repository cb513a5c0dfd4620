package dev.leeway.bench;

import dev.leeway.io.JsonFile;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A run as {@code cpu-MODEL-DATE.json}. */
public final class Results {

    private Results() {
    }

    static void write(Run run, String command, String date, Path file) {
        var json = JsonFile.newObject();
        var machine = run.machine();
        json.put("device", machine.processor()).put("threads", run.threads()).put("processors", machine.processors())
            .put("java", machine.java()).put("commit", machine.commit()).put("date", date).put("command", command)
            .put("depth", run.depth().name().toLowerCase(java.util.Locale.ROOT));
        machine.flags().forEach(json.putArray("cpu_flags")::add);
        var ceilings = run.ceilings();
        json.putObject("ceilings").put("fma_f32_flops", ceilings.fma()).put("bf16_pairs_flops", ceilings.pairs())
            .put("read_bytes_per_second", ceilings.read()).put("copy_bytes_per_second", ceilings.copy());
        run.leftOut().forEach(json.putArray("left_out")::add);
        var rows = json.putArray("rows");
        run.rows().forEach(row -> rows.add(object(row)));
        JsonFile.write(file, json);
    }

    /** A row alone, in one line. */
    public static String line(Row row) {
        return object(row).toString();
    }

    private static ObjectNode object(Row row) {
        var json = JsonFile.newObject();
        json.put("name", row.name()).put("unit", row.unit()).put("ours", row.median());
        row.ours().forEach(json.putArray("runs")::add);
        row.peer().ifPresent(peer -> {
            json.put("peer", Row.median(peer.runs())).put("peer_name", peer.name()).put("peer_version", peer.version())
                .put("ratio", peer.ratio());
            peer.runs().forEach(json.putArray("peer_runs")::add);
        });
        var work = json.putObject("work");
        row.details().forEach((key, value) -> {
            if (key.endsWith("command")) {
                json.put(key, value.toString());
            } else {
                put(work, key, value);
            }
        });
        return json;
    }

    private static void put(ObjectNode json, String key, Object value) {
        switch (value) {
            case Long number -> json.put(key, number);
            case Number number -> json.put(key, number.doubleValue());
            case Map<?, ?> points -> {
                var nested = json.putObject(key);
                points.forEach((size, figure) -> put(nested, size.toString(), figure));
            }
            default -> json.put(key, value.toString());
        }
    }
}
