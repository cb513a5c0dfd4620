package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ExampleEncoder.Encoded;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Rows to units, some thousand sequences at a time. The first row of a file decides the format of its others. */
final class RowEncoder<U extends Unit> implements AutoCloseable {

    private static final int ROWS_AT_ONCE = 1024;

    /** A row, where it is from, and its sequences as texts. */
    private record Placed(String place, Row row, List<Script> scripts) {}

    private final DatasetReader.Options options;
    private final Purpose<U> purpose;
    private final Scripts scripts;
    private final Tally tally = new Tally();
    private final List<Placed> waiting = new ArrayList<>();
    private final Map<Path, RowFormat> formats = new HashMap<>();

    RowEncoder(Tokenizer tokenizer, DatasetReader.Options options, Purpose<U> purpose) {
        this.options = options;
        this.purpose = purpose;
        this.scripts = new Scripts(tokenizer, options.chat());
    }

    Tally tally() {
        return tally;
    }

    void take(JsonRow row) {
        RowFormat format = formats.computeIfAbsent(row.file(), _ -> RowFormat.of(row, options.columns(), purpose));
        take(row.place(), RowReader.read(row, format, options.columns()));
    }

    void take(String place, Row row) {
        boolean spelled = false;
        List<Script> texts = new ArrayList<>(2);
        for (Exchange exchange : exchanges(row)) {
            try {
                spelled |= scripts.spellsControlToken(exchange);
                texts.add(scripts.write(exchange));
            } catch (LeewayException e) {
                throw LeewayException.data(e, "%s: %s", place, e.getMessage());
            }
        }
        if (spelled) {
            tally.spelled(place);
        }
        waiting.add(new Placed(place, row, texts));
    }

    /** Whether enough rows wait that encoding them keeps all cores busy. */
    boolean isFull() {
        return waiting.size() >= ROWS_AT_ONCE;
    }

    /** Encodes the rows that wait; those without a trained token are missing in the result. */
    List<U> drain() {
        List<Encoded> encoded = scripts.encode(waiting.stream().flatMap(placed -> placed.scripts().stream()).toList());
        List<U> units = new ArrayList<>(waiting.size());
        int next = 0;
        for (Placed placed : waiting) {
            List<Encoded> sequences = encoded.subList(next, next + placed.scripts().size());
            next += placed.scripts().size();
            unit(placed, sequences).ifPresent(units::add);
        }
        waiting.clear();
        return units;
    }

    private Optional<U> unit(Placed placed, List<Encoded> sequences) {
        long unitId = tally.row();
        sequences.forEach(sequence -> tally.length(placed.place(), sequence.ids().length));
        if (sequences.stream().anyMatch(Encoded::merged)) {
            tally.merged(placed.place());
        }
        if (sequences.stream().anyMatch(sequence -> sequence.ids().length > options.maxLength())) {
            tally.truncated(placed.place());
        }
        List<Example> examples = sequences.stream().flatMap(sequence -> example(sequence, unitId)).toList();
        if (examples.size() < sequences.size()) {
            tally.dropped(placed.place());
            return Optional.empty();
        }
        U unit = purpose.assemble().apply(placed.row(), examples);
        tally.kept(unit);
        return Optional.of(unit);
    }

    /** The sequence cut to the maximum length, or nothing if it has no trained token then. */
    private Stream<Example> example(Encoded encoded, long unitId) {
        int kept = Math.min(encoded.ids().length, options.maxLength());
        boolean[] mask = Arrays.copyOf(encoded.mask(), kept);
        for (boolean trained : mask) {
            if (trained) {
                return Stream.of(new Example(Arrays.copyOf(encoded.ids(), kept), mask, unitId));
            }
        }
        return Stream.empty();
    }

    private static List<Exchange> exchanges(Row row) {
        return switch (row) {
            case Exchange exchange -> List.of(exchange);
            case Preference(Exchange chosen, Exchange rejected) -> List.of(chosen, rejected);
            case Labelled(Exchange exchange, boolean _) -> List.of(exchange);
        };
    }

    @Override
    public void close() {
        scripts.close();
    }
}
