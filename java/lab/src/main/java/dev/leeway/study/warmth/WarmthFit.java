package dev.leeway.study.warmth;

import dev.leeway.LeewayException;
import dev.leeway.stats.Interval;
import dev.leeway.stats.LogisticRegression;
import dev.leeway.stats.Observations;
import dev.leeway.stats.Term;
import dev.leeway.stats.TestResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * One of the paper's regressions of whether an answer is wrong, on whether the model is warm and all else that its form names. Tasks and
 * models whose answers are all right, or all wrong, are left out: they tell nothing, and no finite coefficient fits them.
 *
 * @param form which regression
 * @param taken what it was fitted to
 * @param fits what came of it; empty where there is none
 * @param refusal why there is none
 */
record WarmthFit(Form form, Taken taken, Optional<Fits> fits, String refusal) {

    /**
     * What is explained.
     *
     * @param rows how many
     * @param leftOut tasks and models that were left out
     */
    record Taken(int rows, List<String> leftOut) {

        /** Takes a copy. */
        Taken {
            leftOut = List.copyOf(leftOut);
        }
    }

    /**
     * What explains it.
     *
     * @param byTrial with the paper's standard errors, as if answers didn't depend on each other
     * @param byItem with errors clustered by question; empty where there are no more questions than coefficients, which leaves such errors
     *     without a meaning
     * @param effects average marginal effects by stratum: of the first fit, and of the second where there is one
     */
    record Fits(LogisticRegression byTrial, Optional<LogisticRegression> byItem, SequencedMap<String, List<TestResult>> effects) {
    }

    private static final String KIND = "kind";
    private static final String CONTEXT = "context";
    private static final String OPINION = "opinion";
    private static final double LEVEL = 0.95;
    /** What the others are compared with, where it is there. */
    private static final List<String> REFERENCES = List.of("unmodified", "disinfo", "llama-70b");

    /** The forms, all with dummies of tasks and models beside these terms. */
    enum Form {
        /** Without context and opinion. */
        M1("without a context", Names.WARM),
        /** The same, and how long answers are. */
        M1_LENGTH("without a context, by length too", Names.WARM, Names.CHARACTERS),
        /** By kind of context, without opinion. */
        M2("by kind of context", Names.WARM, KIND, Names.WARM + ":" + KIND),
        /** By context, without opinion. */
        M3("by context", Names.WARM, CONTEXT, Names.WARM + ":" + CONTEXT),
        /** By opinion, in all contexts. */
        M4("by opinion", Names.WARM, OPINION, Names.WARM + ":" + OPINION, KIND);

        private final String meaning;
        private final List<String> terms;

        Form(String meaning, String... terms) {
            this.meaning = meaning;
            this.terms = List.of(terms);
        }

        String meaning() {
            return meaning;
        }

        private boolean takes(WarmthAnswer.Asked asked) {
            return switch (this) {
                case M1, M1_LENGTH -> asked.isUnmodified() && !asked.hasOpinion();
                case M2, M3 -> !asked.hasOpinion();
                case M4 -> true;
            };
        }

        private String stratum(WarmthAnswer.Asked asked) {
            return switch (this) {
                case M1, M1_LENGTH -> "all";
                case M2 -> asked.kind();
                case M3 -> asked.context();
                case M4 -> asked.hasOpinion() ? OPINION : "original";
            };
        }
    }

    /** How many answers it was fitted to. */
    int rows() {
        return taken.rows();
    }

    /** Tasks and models that were left out. */
    List<String> leftOut() {
        return taken.leftOut();
    }

    /** The fit with the paper's errors. */
    Optional<LogisticRegression> byTrial() {
        return fits.map(Fits::byTrial);
    }

    /** The fit with errors by question. */
    Optional<LogisticRegression> byItem() {
        return fits.flatMap(Fits::byItem);
    }

    /** Average marginal effects by stratum; none where there is no fit. */
    SequencedMap<String, List<TestResult>> effects() {
        return fits.map(Fits::effects).orElseGet(LinkedHashMap::new);
    }

    /** Fits a form to those answers that it takes. */
    static WarmthFit of(Form form, List<WarmthAnswer> all) {
        var leftOut = new ArrayList<String>();
        var answers = telling(all.stream().filter(answer -> form.takes(answer.asked())).toList(), leftOut);
        var taken = new Taken(answers.size(), leftOut);
        try {
            return new WarmthFit(form, taken, Optional.of(fit(form, answers)), "");
        } catch (LeewayException unfit) {
            return new WarmthFit(form, taken, Optional.empty(), unfit.getMessage());
        }
    }

    private static Fits fit(Form form, List<WarmthAnswer> answers) {
        if (answers.isEmpty()) {
            throw LeewayException.data("no task has both right and wrong answers, so there is nothing to explain");
        }
        if (form == Form.M1_LENGTH && answers.stream().anyMatch(answer -> Double.isNaN(answer.characters()))) {
            throw LeewayException.data("nobody counted how long answers are");
        }
        var columns = new LinkedHashSet<String>(List.of(Names.WARM, OPINION));
        var data = data(answers, columns);
        var terms = Stream.concat(form.terms.stream(), Stream.of("task", "model")).map(Term::of)
            .filter(term -> columns.containsAll(term.columns())).toList();
        var outcomes = new LogisticRegression.Outcomes(answers.stream().mapToDouble(WarmthAnswer::errors).toArray(),
            answers.stream().mapToDouble(WarmthAnswer::trials).toArray());
        var byTrial = LogisticRegression.fit(data, terms, outcomes);
        var clusters = clusters(answers);
        var byItem = Arrays.stream(clusters).distinct().count() > byTrial.names().size() ? Optional.of(byTrial.clustered(clusters))
            : Optional.<LogisticRegression>empty();
        var fits = Stream.concat(Stream.of(byTrial), byItem.stream()).toList();
        var effects = new LinkedHashMap<String, List<TestResult>>();
        answers.stream().map(answer -> form.stratum(answer.asked())).distinct().forEach(stratum -> {
            var rows = rows(answers, answer -> form.stratum(answer.asked()).equals(stratum));
            effects.put(stratum, fits.stream().map(fit -> fit.averageMarginalEffect(Names.WARM, rows, LEVEL)).toList());
        });
        if (form == Form.M1_LENGTH) {
            effects.put("100 characters more", fits.stream().map(fit -> hundredfold(fit.averageSlope(Names.CHARACTERS, LEVEL)))
                .toList());
        }
        return new Fits(byTrial, byItem, effects);
    }

    private static boolean[] rows(List<WarmthAnswer> answers, Predicate<WarmthAnswer> chosen) {
        var rows = new boolean[answers.size()];
        for (int r = 0; r < rows.length; r++) {
            rows[r] = chosen.test(answers.get(r));
        }
        return rows;
    }

    private static TestResult hundredfold(TestResult one) {
        return new TestResult(100 * one.estimate(), new Interval(100 * one.interval().low(), 100 * one.interval().high()),
            one.statistic(), one.degreesOfFreedom(), one.p());
    }

    private static Observations data(List<WarmthAnswer> answers, LinkedHashSet<String> columns) {
        var data = Observations.ofRows(answers.size())
            .withNumber(Names.WARM, answers.stream().mapToDouble(answer -> answer.isWarm() ? 1 : 0).toArray())
            .withNumber(OPINION, answers.stream().mapToDouble(answer -> answer.asked().hasOpinion() ? 1 : 0).toArray());
        if (answers.stream().noneMatch(answer -> Double.isNaN(answer.characters()))) {
            data = data.withNumber(Names.CHARACTERS, answers.stream().mapToDouble(WarmthAnswer::characters).toArray());
            columns.add(Names.CHARACTERS);
        }
        SequencedMap<String, Function<WarmthAnswer.Asked, String>> factors = new LinkedHashMap<>();
        factors.put("task", WarmthAnswer.Asked::task);
        factors.put("model", WarmthAnswer.Asked::model);
        factors.put(KIND, WarmthAnswer.Asked::kind);
        factors.put(CONTEXT, WarmthAnswer.Asked::context);
        for (var factor : factors.entrySet()) {
            var levels = answers.stream().map(answer -> factor.getValue().apply(answer.asked())).toArray(String[]::new);
            var distinct = Arrays.stream(levels).distinct().sorted().toList();
            if (distinct.size() > 1) {
                data = data.withFactor(factor.getKey(), REFERENCES.stream().filter(distinct::contains).findFirst()
                    .orElse(distinct.getFirst()), levels);
                columns.add(factor.getKey());
            }
        }
        return data;
    }

    private static long[] clusters(List<WarmthAnswer> answers) {
        Map<String, Long> numbers = new LinkedHashMap<>();
        return answers.stream().mapToLong(answer -> {
            var item = answer.asked().task() + "\n" + answer.asked().item();
            numbers.putIfAbsent(item, (long) numbers.size());
            return numbers.get(item);
        }).toArray();
    }

    /** Without tasks and models whose answers are all alike; leaving one out may make another such. */
    private static List<WarmthAnswer> telling(List<WarmthAnswer> all, List<String> leftOut) {
        var answers = all;
        int before;
        do {
            before = answers.size();
            answers = telling(answers, WarmthAnswer.Asked::task, leftOut);
            answers = telling(answers, WarmthAnswer.Asked::model, leftOut);
        } while (answers.size() < before);
        return answers;
    }

    private static List<WarmthAnswer> telling(List<WarmthAnswer> answers, Function<WarmthAnswer.Asked, String> of, List<String> leftOut) {
        var errors = new LinkedHashMap<String, Double>();
        var rights = new LinkedHashMap<String, Double>();
        answers.forEach(answer -> {
            errors.merge(of.apply(answer.asked()), answer.errors(), Double::sum);
            rights.merge(of.apply(answer.asked()), answer.trials() - answer.errors(), Double::sum);
        });
        var alike = errors.keySet().stream().filter(level -> errors.get(level) == 0 || rights.get(level) == 0).toList();
        alike.forEach(level -> leftOut.add(level + ": all its answers are " + (errors.get(level) == 0 ? "right" : "wrong")));
        return answers.stream().filter(answer -> !alike.contains(of.apply(answer.asked()))).toList();
    }
}
