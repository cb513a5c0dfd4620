package dev.leeway.eval.choice;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code truthfulqa_mc}: how probable a model finds true and false answers to 817 questions that people get wrong (Lin, Hilton and Evans
 * 2022).
 */
public final class TruthfulQaChoice implements Benchmark<TruthfulItem> {

    /** 1 if the one true answer has a greater log-prob than every false one. */
    public static final String MC1 = "mc1";
    /** The true answers' share of the probability of all answers: Σ p(true) / (Σ p(true) + Σ p(false)). */
    public static final String MC2 = "mc2";

    private static final String FILE = "truthfulqa/mc_task.json";
    private static final Source SOURCE = new Source("Apache-2.0", "Lin, Hilton and Evans 2022, TruthfulQA", Optional.empty(), List.of(FILE),
        "get data/v0/mc_task.json or data/mc_task.json of github.com/sylinrl/TruthfulQA and put it into a folder truthfulqa");
    private static final Card CARD = new Card("truthfulqa_mc", 1, "True and false answers to questions that people get wrong",
        SOURCE, new Card.Measure(MC1, Card.Kind.BINARY), Card.Better.HIGHER, 1);
    private static final List<Options.Known> OPTIONS = List.of(
        new Options.Known("primer", "", "a text file before each question, such as the six pairs that lm-evaluation-harness puts there"),
        Asking.OPTION);

    private final List<TruthfulItem> items;
    private final String primer;
    private final Asking asking;

    private TruthfulQaChoice(List<TruthfulItem> items, String primer, Asking asking) {
        this.items = List.copyOf(items);
        this.primer = primer;
        this.asking = asking;
    }

    /** Its place in the catalogue. */
    public static Entry entry() {
        return new Entry(CARD, OPTIONS, TruthfulQaChoice::load);
    }

    private static TruthfulQaChoice load(DataFolder data, Options options) {
        var items = new ArrayList<TruthfulItem>();
        try (var rows = JsonRows.open(data.file(SOURCE, FILE))) {
            rows.forEach(row -> items.add(TruthfulItem.of(row, items.size() + 1)));
        }
        return new TruthfulQaChoice(items, Asking.file(options, "primer").map(file -> primer(data, file)).orElse(""),
            Asking.of(options));
    }

    private static String primer(DataFolder data, String file) {
        var found = data.file(SOURCE, file);
        try {
            return Files.readString(found).strip() + "\n\n";
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "the primer %s can't be read as UTF-8 text: %s", found, unreadable.getMessage());
        }
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<TruthfulItem> items() {
        return items;
    }

    @Override
    public Request request(TruthfulItem item, Setting setting) {
        return asking.weigh(setting, primer + "Q: ", item.question(), "\nA:", item.answers());
    }

    @Override
    public List<Score> score(List<Answer<TruthfulItem>> answers, Instruments instruments) {
        return answers.stream().map(answer -> score(answer.item(), answer.response())).toList();
    }

    private static Score score(TruthfulItem item, Response response) {
        var values = new LinkedHashMap<String, Value>();
        if (response instanceof Response.Unable(String reason)) {
            values.put(MC1, Value.missing(reason));
            values.put(MC2, Value.missing(reason));
        } else {
            var logProbs = logProbs(item, response);
            values.put(MC1, Value.of(isTrueFirst(item.single(), logProbs)));
            values.put(MC2, Value.of(shareOfTrue(item.several(), logProbs)));
        }
        return new Score(values, List.of());
    }

    private static Map<String, Double> logProbs(TruthfulItem item, Response response) {
        var preference = Preference.of(item.answers(), response);
        var logProbs = new LinkedHashMap<String, Double>();
        for (int i = 0; i < preference.options().size(); i++) {
            logProbs.put(preference.options().get(i), preference.weights().get(i).logProb());
        }
        return logProbs;
    }

    private static boolean isTrueFirst(Map<String, Boolean> targets, Map<String, Double> logProbs) {
        return greatest(targets, true, logProbs) > greatest(targets, false, logProbs);
    }

    private static double greatest(Map<String, Boolean> targets, boolean kind, Map<String, Double> logProbs) {
        return targets.keySet().stream().filter(answer -> targets.get(answer) == kind).mapToDouble(logProbs::get).max().orElseThrow();
    }

    /** By differences from the greatest, so that answers of a hundred tokens don't vanish together. */
    private static double shareOfTrue(Map<String, Boolean> targets, Map<String, Double> logProbs) {
        double greatest = Math.max(greatest(targets, true, logProbs), greatest(targets, false, logProbs));
        double ofTrue = 0;
        double all = 0;
        for (var target : targets.entrySet()) {
            double p = Math.exp(logProbs.get(target.getKey()) - greatest);
            all += p;
            ofTrue += target.getValue() ? p : 0;
        }
        return ofTrue / all;
    }
}
