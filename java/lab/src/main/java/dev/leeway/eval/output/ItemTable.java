package dev.leeway.eval.output;

import dev.leeway.LeewayException;
import dev.leeway.eval.Csv;
import dev.leeway.eval.Value;
import java.nio.file.Path;
import java.util.List;

/** {@code items.csv}: every measure of every answer, one a row. Numbers are written so that reading them gives the same bits. */
public final class ItemTable {

    /** Its name in a run's folder. */
    public static final String NAME = "items.csv";
    private static final List<String> COLUMNS = List.of("model", "benchmark", "prompt", "context", "item", "epoch", "measure", "value",
        "missing");

    private ItemTable() {
    }

    /** The file's text. */
    public static String text(List<ItemValue> values) {
        var text = new StringBuilder(CsvText.line(COLUMNS));
        for (var one : values) {
            boolean given = one.value() instanceof Value.Given;
            var cell = one.cell();
            text.append(CsvText.line(List.of(one.model(), cell.benchmark(), cell.prompt(), cell.context(), one.item(),
                Integer.toString(one.epoch()), cell.measure(), given ? CsvText.number(one.value().asNumber().orElseThrow()) : "",
                one.value() instanceof Value.Missing missing ? missing.reason() : "")));
        }
        return text.toString();
    }

    /**
     * What is in a file.
     *
     * @throws LeewayException if a row is not one of such a table, with its place
     */
    public static List<ItemValue> read(Path file) {
        return Csv.records(file).stream().map(ItemTable::value).toList();
    }

    private static ItemValue value(Csv.Record row) {
        double epoch = row.number("epoch");
        boolean given = !row.text("value").isEmpty();
        if (epoch != Math.rint(epoch) || epoch < 0 || given != row.text("missing").isEmpty()) {
            throw LeewayException.data("%s must have a whole epoch, and either a value or why it is missing; take the file from the run's "
                + "folder as it was written", row.place());
        }
        var cell = new ItemValue.Cell(row.text("benchmark"), row.text("measure"), row.text("prompt"), row.text("context"));
        return new ItemValue(row.text("model"), cell, row.text("item"), (int) epoch, given
            ? Value.of(row.number("value")) : Value.missing(row.text("missing")));
    }
}
