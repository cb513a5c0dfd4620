package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ExampleEncoder.Encoded;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Rows to units, many at a time on all cores. The first row of a file decides the format of its others. Rows are numbered, counted and
 * refused in their order.
 */
final class RowEncoder<U extends Unit> implements AutoCloseable {

    /** Enough to keep all cores busy; in memory they are a few times their size. */
    private static final int ROWS_AT_ONCE = 1024;
    private static final long CHARACTERS_AT_ONCE = 1 << 22;

    /** A row that waits: where it is from, the how-manieth it is, and what it says once it is asked. */
    private record Waiting(String place, long number, Supplier<Row> row) {}

    /** A row with its sequences as ids, or why it is refused. */
    private record Placed(String place, Optional<Row> row, List<Encoded> sequences, boolean spelled, Optional<LeewayException> refusal) {}

    private final DatasetReader.Options options;
    private final Purpose<U> purpose;
    private final Scripts scripts;
    private final OptionalInt begin;
    private final Tally tally = new Tally();
    private final List<Waiting> waiting = new ArrayList<>();
    private long waitingCharacters;
    private long taken;
    private final Map<Path, RowFormat> formats = new HashMap<>();

    RowEncoder(Tokenizer tokenizer, DatasetReader.Options options, Purpose<U> purpose) {
        this.options = options;
        this.purpose = purpose;
        this.scripts = new Scripts(tokenizer, options.chat());
        this.begin = tokenizer.beginOfSequence();
    }

    Tally tally() {
        return tally;
    }

    void take(JsonRow row) {
        RowFormat format = formats.computeIfAbsent(row.file(), _ -> RowFormat.of(row, options.columns(), purpose));
        take(row.place(), () -> RowReader.read(row, format, options.columns()));
        waitingCharacters += characters(row.fields());
    }

    void take(String place, Row row) {
        take(place, () -> row);
    }

    private void take(String place, Supplier<Row> row) {
        waiting.add(new Waiting(place, taken++, row));
    }

    private static long characters(JsonNode value) {
        if (value.isString()) {
            return value.stringValue().length();
        }
        long characters = 0;
        for (JsonNode element : value) {
            characters += characters(element);
        }
        return characters;
    }

    /** Whether enough rows wait that encoding them keeps all cores busy. */
    boolean isFull() {
        return waiting.size() >= ROWS_AT_ONCE || waitingCharacters >= CHARACTERS_AT_ONCE;
    }

    /**
     * Encodes the rows that wait; those without a trained token are missing in the result.
     *
     * @throws LeewayException with the place of the first row that is not as it should be
     */
    List<U> drain() {
        List<Placed> encoded = waiting.parallelStream().map(this::encode).toList();
        waiting.clear();
        waitingCharacters = 0;
        List<U> units = new ArrayList<>(encoded.size());
        for (Placed placed : encoded) {
            placed.refusal().ifPresent(refusal -> {
                throw refusal;
            });
            if (placed.spelled()) {
                tally.spelled(placed.place());
            }
            unit(placed).ifPresent(units::add);
        }
        return units;
    }

    private Placed encode(Waiting next) {
        boolean spelled = false;
        List<Encoded> sequences = new ArrayList<>(2);
        try {
            Row row = underTheArm(next.row().get(), next);
            for (Exchange exchange : exchanges(row)) {
                spelled |= scripts.spellsControlToken(exchange);
                sequences.add(scripts.encode(script(exchange, next.place())));
            }
            return new Placed(next.place(), Optional.of(row), sequences, spelled, Optional.empty());
        } catch (LeewayException e) {
            return new Placed(next.place(), Optional.empty(), List.of(), spelled, Optional.of(e));
        }
    }

    private Row underTheArm(Row row, Waiting next) {
        try {
            return options.promptArm().apply(row, next.number());
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", next.place(), e.getMessage());
        }
    }

    private Script script(Exchange exchange, String place) {
        try {
            return scripts.write(exchange);
        } catch (LeewayException e) {
            throw LeewayException.data(e, "%s: %s", place, e.getMessage());
        }
    }

    private Optional<U> unit(Placed placed) {
        List<Encoded> sequences = placed.sequences();
        long unitId = tally.row();
        sequences.forEach(sequence -> tally.length(placed.place(), sequence.ids().length));
        if (sequences.stream().anyMatch(Encoded::merged)) {
            tally.merged(placed.place());
        }
        boolean overlong = sequences.stream().anyMatch(sequence -> sequence.ids().length > options.maxLength());
        if (overlong && options.truncation().keep() == Truncation.Keep.NOTHING) {
            tally.leftOut(placed.place());
            return Optional.empty();
        }
        if (overlong) {
            tally.overlong(placed.place());
        } else if (sequences.stream().anyMatch(sequence -> kept(sequence).ids().length < sequence.ids().length)) {
            tally.shortened(placed.place());
        }
        List<Example> examples = sequences.stream().flatMap(sequence -> example(sequence, unitId)).toList();
        if (examples.size() < sequences.size()) {
            tally.dropped(placed.place());
            return Optional.empty();
        }
        U unit = purpose.assemble(placed.row().orElseThrow(), examples);
        tally.kept(unit);
        return Optional.of(unit);
    }

    /** The sequence cut to the maximum length, or nothing if it has no trained token then. */
    private Stream<Example> example(Encoded encoded, long unitId) {
        Truncation.Kept kept = kept(encoded);
        for (boolean trained : kept.mask()) {
            if (trained) {
                return Stream.of(new Example(kept.ids(), kept.mask(), unitId));
            }
        }
        return Stream.empty();
    }

    private Truncation.Kept kept(Encoded encoded) {
        return options.truncation().of(new Truncation.Kept(encoded.ids(), encoded.mask()), options.maxLength(), begin);
    }

    private boolean isRanked() {
        return Purpose.RANKED.equals(purpose);
    }

    private List<Exchange> exchanges(Row row) {
        return switch (row) {
            case Exchange exchange -> List.of(options.completionOnly() ? exchange : exchange.whole());
            case Preference(Exchange chosen, Exchange rejected, OptionalDouble _) when isRanked() ->
                    List.of(chosen.whole(), rejected.whole());
            case Preference(Exchange chosen, Exchange rejected, OptionalDouble _) -> List.of(chosen, rejected);
            case Labelled(Exchange exchange, boolean _) -> List.of(exchange);
        };
    }

    @Override
    public void close() {
        scripts.close();
    }
}
