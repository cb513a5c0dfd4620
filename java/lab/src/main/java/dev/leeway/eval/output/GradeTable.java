package dev.leeway.eval.output;

import dev.leeway.eval.Results;
import dev.leeway.eval.Score.Grade;
import dev.leeway.eval.Value;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code grades.csv}: what scores were made from, one grade of one grader a row. */
final class GradeTable {

    static final String NAME = "grades.csv";

    private GradeTable() {
    }

    /** The file's text; empty where nothing was graded. */
    static Optional<String> text(Results results) {
        var text = new StringBuilder();
        for (var result : results.results()) {
            for (var line : result.lines()) {
                line.score().grades().forEach(grade -> text.append(row(result, line, grade)));
            }
        }
        return text.isEmpty() ? Optional.empty() : Optional.of(CsvText.line(List.of("model", "benchmark", "prompt", "context", "item",
            "epoch", "of", "variant", "grader", "value", "missing", "said")) + text);
    }

    private static String row(Results.Result result, Results.Line line, Grade grade) {
        var given = grade.value().asNumber();
        var where = Stream.of(result.subject(), result.benchmark().card().id(), result.setting().prompt().name(),
            result.setting().context(), line.item(), Integer.toString(line.epoch()));
        return CsvText.line(Stream.concat(where, Stream.of(grade.of(), grade.variant(), grade.grader(),
            given.isPresent() ? CsvText.number(given.getAsDouble()) : "",
            grade.value() instanceof Value.Missing missing ? missing.reason() : "", grade.said())).toList());
    }
}
