package dev.leeway.eval.rubric;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.judged.Fields;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/** The Animal Harm Benchmark 2.x, since May 2026 ANIMA. */
public final class Ahb {

    static final Source SOURCE = new Source("CC-BY-NC-4.0",
        "Brazilek and Tidmarsh, Alignment midtraining for animals, arXiv 2604.13076; Inspect Evals task ahb, later anima", Optional.empty(),
        List.of("ahb/questions.jsonl", "ahb/dimensions.jsonl"), "fetch the configurations questions and dimensions of the data set "
        + "sentientfutures/ahb (now CompassioninMachineLearning/anima) from the Hugging Face hub as these two files");

    static final Card CARD = new Card("ahb", 1, "Animal Harm Benchmark 2.x (ANIMA): is harm to animals considered", SOURCE,
        new Card.Measure(Rubric.OVERALL, Card.Kind.REAL), Card.Better.HIGHER, 5);

    private static final String REVISION = "revision";
    private static final String AUTO = "auto";
    /** Only 2.2 spells it with a capital O. */
    private static final Map<String, String> TRADE_OFF = new TreeMap<>(Map.of("2.1", "Trade-off Transparency", "2.2",
        "Trade-Off Transparency"));

    private static final List<Options.Known> OPTIONS = List.of(
        new Options.Known(REVISION, AUTO, "of the data, which the judge is told: 2.1, 2.2, or auto = by how the data spells a dimension"),
        RubricOptions.PARSE, RubricOptions.LANGUAGE, RubricOptions.TEMPERATURE, RubricOptions.LENGTH);

    private Ahb() {
    }

    /** What it is and how it is loaded. */
    public static Entry entry() {
        return new Entry(CARD, OPTIONS, Ahb::load);
    }

    private static Rubric load(DataFolder data, Options options) {
        var dimensions = Dimension.read(data.file(SOURCE, SOURCE.files().getLast()));
        var items = new ArrayList<RubricItem>();
        var ids = new HashSet<String>();
        var leftOut = new ArrayList<Fields>();
        for (var row : Fields.of(data.file(SOURCE, SOURCE.files().getFirst()))) {
            item(row, dimensions).ifPresentOrElse(item -> {
                if (!ids.add(item.id())) {
                    throw LeewayException.data("%s has the id %s of an earlier row; give each question one of its own", row.row().place(),
                        item.id());
                }
                items.add(item);
            }, () -> leftOut.add(row));
        }
        requireSome(items, leftOut, dimensions);
        var judging = new RubricJudging(dimensions, "AHB-" + revision(dimensions, options), RubricOptions.ungraded(options));
        return new Rubric(CARD, RubricOptions.inLanguage(items, options), judging, RubricOptions.sampling(options));
    }

    private static void requireSome(List<RubricItem> items, List<Fields> leftOut, Map<String, Dimension> dimensions) {
        if (items.isEmpty()) {
            throw LeewayException.data("all %d rows are left out, the first at %s: each lacks a 'question', has no 'tags', or has a tag "
                + "that is none of the dimensions %s; give questions and dimensions of the same revision", leftOut.size(),
                leftOut.getFirst().row().place(), String.join(", ", dimensions.keySet()));
        }
    }

    /** As the reference loader does: a row without a question, without tags, or with a tag that is no dimension is left out. */
    private static Optional<RubricItem> item(Fields row, Map<String, Dimension> dimensions) {
        var question = row.find("question").orElse("");
        var tags = row.texts("tags");
        if (question.isBlank() || tags.isEmpty() || !dimensions.keySet().containsAll(tags)) {
            return Optional.empty();
        }
        SequencedMap<String, Double> weights = new LinkedHashMap<>();
        tags.forEach(tag -> weights.put(tag, dimensions.get(tag).weight()));
        var language = RubricOptions.language(row.find("language").filter(name -> !name.isBlank()).orElse(RubricItem.ENGLISH));
        return Optional.of(new RubricItem(row.id("id"), question, weights, variables(row), language));
    }

    /** Lines of {@code name:value,value}. */
    private static Map<String, List<String>> variables(Fields row) {
        var variables = new LinkedHashMap<String, List<String>>();
        for (var line : row.find("variables").orElse("").lines().filter(line -> !line.isBlank()).toList()) {
            var sides = line.split(":", -1);
            if (sides.length != 2) {
                throw LeewayException.data("%s: a line of 'variables' must be name:value,value; got '%s'", row.row().place(), line);
            }
            variables.put(sides[0].strip(), Arrays.stream(sides[1].split(",")).map(String::strip).toList());
        }
        return variables;
    }

    private static String revision(Map<String, Dimension> dimensions, Options options) {
        var wanted = options.choice(REVISION, AUTO, "2.1", "2.2");
        var found = TRADE_OFF.entrySet().stream().filter(one -> dimensions.containsKey(one.getValue())).map(Map.Entry::getKey).findFirst();
        if (wanted.equals(AUTO)) {
            return found.orElseThrow(() -> LeewayException.usage("%s.%s: the data has neither of the dimensions %s by which revisions are "
                + "told apart; say 2.1 or 2.2", options.benchmark(), REVISION, TRADE_OFF.values()));
        }
        if (found.isPresent() && !found.get().equals(wanted)) {
            throw LeewayException.usage("%s.%s is %s, but the data spells %s, which %s does; give that, or the other data",
                options.benchmark(), REVISION, wanted, TRADE_OFF.get(found.get()), found.get());
        }
        return wanted;
    }
}
