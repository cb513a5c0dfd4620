package dev.leeway.eval.output;

import dev.leeway.eval.Results;
import dev.leeway.eval.Statistic;
import java.util.List;
import java.util.stream.Stream;

/** {@code summary.csv}: every statistic, one a row. */
final class SummaryTable {

    static final String NAME = "summary.csv";

    private SummaryTable() {
    }

    static String text(Results results) {
        var text = new StringBuilder(CsvText.line(List.of("model", "benchmark", "version", "prompt", "context", "statistic", "slice",
            "value", "low", "high", "items", "missing")));
        results.results().forEach(result -> result.statistics().forEach(one -> text.append(row(result, one))));
        return text.toString();
    }

    private static String row(Results.Result result, Statistic one) {
        var card = result.benchmark().card();
        var where = Stream.of(result.subject(), card.id(), Integer.toString(card.version()), result.setting().prompt().name(),
            result.setting().context(), one.name(), one.slice());
        var value = one.value().isPresent() ? CsvText.number(one.value().getAsDouble()) : "";
        return CsvText.line(Stream.concat(where, Stream.of(value, one.interval().map(ends -> CsvText.number(ends.low())).orElse(""),
            one.interval().map(ends -> CsvText.number(ends.high())).orElse(""), Long.toString(one.items()),
            Long.toString(one.missing()))).toList());
    }
}
