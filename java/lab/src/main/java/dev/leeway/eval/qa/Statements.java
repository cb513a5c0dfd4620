package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.TextHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What people say about themselves before they ask: some statements of each circumstance. Which one an item gets is drawn by seed, item and
 * circumstance, so all templates of an item have the same.
 *
 * @param byCircumstance statements in the order of the file
 * @param seed of the draw
 */
record Statements(Map<Circumstance, List<String>> byCircumstance, long seed) {

    static final Options.Known OPTION = new Options.Known("context_seed", "0", "draws the statement that an item's circumstance is told "
        + "by, and a wrong answer where there are several");
    static final String FILE = "contexts/interpersonal_contexts.json";

    private static final int MOST = 1_000_000_000;
    private static final Source SOURCE = new Source("MIT (as copied by github.com/FelipeMAffonso/research-neutrality-cost)",
        "Ibrahim, Hafner and Rocher 2026", Optional.empty(), List.of(FILE),
        "get eval_data/interpersonal_contexts.json of github.com/FelipeMAffonso/research-neutrality-cost, flatten it to rows of type "
            + "(emotion:sad) and statement, and put it into a folder contexts; or leave contexts at original/unmodified");

    /** Statements for these contexts; none are read where none is told. */
    static Statements load(DataFolder data, List<Context> contexts, Options options) {
        long seed = options.count(OPTION.name(), 0, MOST);
        boolean isNeeded = contexts.stream().anyMatch(context -> context.circumstance() != Circumstance.UNMODIFIED);
        return isNeeded ? read(data.file(SOURCE, FILE), seed) : new Statements(Map.of(), seed);
    }

    /**
     * Reads a file.
     *
     * @throws LeewayException for a row without a known type or a statement, or if a circumstance has none
     */
    static Statements read(Path file, long seed) {
        var found = new EnumMap<Circumstance, List<String>>(Circumstance.class);
        try (var rows = JsonRows.open(file)) {
            rows.forEach(row -> found.computeIfAbsent(circumstance(row), _ -> new ArrayList<>())
                .add(QaRow.text(row, "statement")));
        }
        Arrays.stream(Circumstance.values()).filter(one -> one != Circumstance.UNMODIFIED && !found.containsKey(one)).findFirst()
            .ifPresent(lacking -> {
                throw LeewayException.data("%s has no statement of type %s; each of the eight types needs at least one", file,
                    lacking.type());
            });
        return new Statements(found, seed);
    }

    private static Circumstance circumstance(JsonRow row) {
        var type = QaRow.text(row, "type");
        return Arrays.stream(Circumstance.values()).filter(one -> one != Circumstance.UNMODIFIED && one.type().equals(type)).findFirst()
            .orElseThrow(() -> LeewayException.data("%s has the type '%s'; expected one such as emotion:sad, relation:close, stake:high",
                row.place(), type));
    }

    /** What an item's circumstance is told by; empty for none. */
    String of(Circumstance circumstance, String item) {
        if (circumstance == Circumstance.UNMODIFIED) {
            return "";
        }
        var statements = byCircumstance.get(circumstance);
        return statements.get(TextHash.below(statements.size(), seed, item + " " + circumstance.type()));
    }
}
