package dev.leeway.study.warmth;

import dev.leeway.io.JsonFile;
import dev.leeway.report.Fold;
import dev.leeway.report.Markup;
import dev.leeway.report.Paragraph;
import dev.leeway.report.Part;
import dev.leeway.report.Table;
import dev.leeway.stats.Correction;
import dev.leeway.stats.McNemar;
import dev.leeway.study.Analysis;
import dev.leeway.study.StudyResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The paper's comparisons: each arm against the original, a model, task, template and context at a time, by McNemar's exact test on the
 * questions that both have answered; p is corrected (Benjamini and Hochberg) within the contexts of one model, task and template.
 */
final class WarmthComparisons implements Analysis {

    private static final double ALPHA = 0.05;

    /**
     * One of them.
     *
     * @param arm compared with the original
     * @param asked of which model in which task, template and context
     * @param items that both answered
     * @param counts those that the original alone, and the arm alone, has wrong
     * @param errors shares of those that are wrong, of the original and of the arm
     */
    record Comparison(String arm, WarmthAnswer.Asked asked, int items, McNemar counts, List<Double> errors) {

        /** Empty where no item tells them apart. */
        OptionalDouble p() {
            return counts.onlyFirst() + counts.onlySecond() == 0 ? OptionalDouble.empty() : OptionalDouble.of(counts.p());
        }

        double rise() {
            return errors.getLast() - errors.getFirst();
        }
    }

    /** Of the answers of both. */
    static List<Comparison> of(String arm, List<WarmthAnswer> both) {
        var before = new LinkedHashMap<WarmthAnswer.Asked, Boolean>();
        both.stream().filter(answer -> !answer.isWarm()).forEach(answer -> before.put(answer.asked(), answer.isWrong()));
        var pairs = new LinkedHashMap<WarmthAnswer.Asked, List<boolean[]>>();
        both.stream().filter(answer -> answer.isWarm() && before.containsKey(answer.asked())).forEach(answer ->
            pairs.computeIfAbsent(answer.asked().ofAll(), _ -> new ArrayList<>())
                .add(new boolean[] {before.get(answer.asked()), answer.isWrong()}));
        return pairs.entrySet().stream().map(group -> comparison(arm, group.getKey(), group.getValue())).toList();
    }

    private static Comparison comparison(String arm, WarmthAnswer.Asked asked, List<boolean[]> pairs) {
        int onlyFirst = (int) pairs.stream().filter(pair -> pair[0] && !pair[1]).count();
        int onlySecond = (int) pairs.stream().filter(pair -> pair[1] && !pair[0]).count();
        return new Comparison(arm, asked, pairs.size(), new McNemar(onlyFirst, onlySecond),
            IntStream.range(0, 2).mapToObj(side -> pairs.stream().mapToDouble(pair -> pair[side] ? 1 : 0).average().orElseThrow())
                .toList());
    }

    /** p within its family; what has none is in no family and keeps none. */
    static List<OptionalDouble> corrected(List<String> families, List<OptionalDouble> p) {
        var rows = new LinkedHashMap<String, List<Integer>>();
        IntStream.range(0, p.size()).filter(row -> p.get(row).isPresent()).forEach(row ->
            rows.computeIfAbsent(families.get(row), _ -> new ArrayList<>()).add(row));
        var corrected = new OptionalDouble[p.size()];
        Arrays.fill(corrected, OptionalDouble.empty());
        for (var family : rows.values()) {
            var q = Correction.BENJAMINI_HOCHBERG.adjust(family.stream().mapToDouble(row -> p.get(row).getAsDouble()).toArray());
            IntStream.range(0, q.length).forEach(i -> corrected[family.get(i)] = OptionalDouble.of(q[i]));
        }
        return List.of(corrected);
    }

    private record Tested(Comparison comparison, OptionalDouble q) {

        private boolean isFound(boolean isRise) {
            return q.isPresent() && q.getAsDouble() < ALPHA && comparison.rise() > 0 == isRise;
        }
    }

    private static List<Tested> tested(StudyResults results) {
        var tested = new ArrayList<Tested>();
        for (var arm : Names.COMPARED) {
            var comparisons = of(arm, WarmthAnswer.ofBoth(results, arm));
            var q = corrected(comparisons.stream().map(one -> one.asked().family()).toList(),
                comparisons.stream().map(Comparison::p).toList());
            IntStream.range(0, q.size()).forEach(row -> tested.add(new Tested(comparisons.get(row), q.get(row))));
        }
        return tested;
    }

    @Override
    public String name() {
        return "Comparisons by context";
    }

    @Override
    public ObjectNode json(StudyResults results) {
        var json = JsonFile.newObject();
        var rows = json.putArray("comparisons");
        tested(results).forEach(one -> {
            var asked = one.comparison().asked();
            var row = rows.addObject().put("arm", one.comparison().arm()).put("model", asked.model()).put("task", asked.task())
                .put("template", asked.template()).put("context", asked.context()).put("items", one.comparison().items())
                .put("original_errors", one.comparison().errors().getFirst()).put("errors", one.comparison().errors().getLast())
                .put("only_original", one.comparison().counts().onlyFirst()).put("only_arm", one.comparison().counts().onlySecond());
            one.comparison().p().ifPresent(p -> row.put("p", p));
            one.q().ifPresent(q -> row.put("q", q));
        });
        return json;
    }

    @Override
    public List<Part> figures(StudyResults results) {
        var tested = tested(results);
        var groups = new LinkedHashMap<List<String>, List<Tested>>();
        tested.forEach(one -> groups.computeIfAbsent(List.of(one.comparison().arm(), one.comparison().asked().task(),
            one.comparison().asked().template()), _ -> new ArrayList<>()).add(one));
        var rows = groups.entrySet().stream().map(group -> row(group.getKey(), group.getValue())).toList();
        return List.of(new Paragraph("Each arm against the original, by McNemar's exact test for every seed, task, template and context; p "
            + "is corrected (Benjamini and Hochberg) within the contexts of a seed, a task and a template, as the paper has it. So a test "
            + "says something about this very model: " + rows.size() + " rows stand for " + tested.size() + " tests."),
            new Table(List.of(Table.Column.text("arm"), Table.Column.text("task"), Table.Column.text("template"),
                Table.Column.number("rise of errors, points"), Table.Column.number("tests"), Table.Column.number("found higher"),
                Table.Column.number("found lower")), rows), new Fold("Every comparison", List.of(all(tested))));
    }

    private static List<String> row(List<String> group, List<Tested> tested) {
        double rise = tested.stream().mapToDouble(one -> one.comparison().rise()).average().orElseThrow();
        return List.of(group.get(0), group.get(1), group.get(2), Markup.format("%+.1f", 100 * rise), Integer.toString(tested.size()),
            Long.toString(tested.stream().filter(one -> one.isFound(true)).count()),
            Long.toString(tested.stream().filter(one -> one.isFound(false)).count()));
    }

    private static Table all(List<Tested> tested) {
        return new Table(List.of(Table.Column.text("arm"), Table.Column.text("model"), Table.Column.text("task"),
            Table.Column.text("template"), Table.Column.text("context"), Table.Column.number("items"),
            Table.Column.number("errors of the original"), Table.Column.number("of the arm"), Table.Column.number("p"),
            Table.Column.number("corrected")), tested.stream().map(WarmthComparisons::row).toList());
    }

    private static List<String> row(Tested one) {
        var asked = one.comparison().asked();
        return List.of(one.comparison().arm(), asked.model(), asked.task(), asked.template(), asked.context(),
            Integer.toString(one.comparison().items()), Markup.format("%.3f", one.comparison().errors().getFirst()),
            Markup.format("%.3f", one.comparison().errors().getLast()), text(one.comparison().p()), text(one.q()));
    }

    private static String text(OptionalDouble value) {
        return value.isEmpty() ? "–" : Markup.format("%.3g", value.getAsDouble());
    }
}
