package dev.leeway.eval.choice;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Means;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Row;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.Statistic;
import dev.leeway.eval.TextHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code mmlu}: 57 subjects with four choices a question (Hendrycks and others 2021), by the likelihood of the letters or of the choices.
 */
public final class Mmlu implements Benchmark<MmluItem> {

    private static final String TEST = "mmlu/test";
    private static final String DEV = "mmlu/dev";
    private static final int MOST_SHOTS = 5;
    private static final Source SOURCE = new Source("MIT", "Hendrycks et al. 2021, Measuring Massive Multitask Language Understanding",
        Optional.empty(), List.of(TEST, DEV),
        "get data.tar of github.com/hendrycks/test (or any copy with the files SUBJECT_test.csv) and put its folders test and dev into a "
            + "folder mmlu");
    private static final Card CARD = new Card("mmlu", 1, "Knowledge of 57 subjects, four choices", SOURCE,
        new Card.Measure(Preference.ACC, Card.Kind.BINARY), Card.Better.HIGHER, 1);
    private static final List<Options.Known> OPTIONS = List.of(
        new Options.Known("shots", "0", "worked examples of the subject before each question, 0 to 5"),
        new Options.Known("answers", "letters", "letters: \" A\" to \" D\" below the lettered choices; texts: the choices themselves, "
            + "unseen before"),
        Asking.OPTION,
        new Options.Known("subjects", "all", "all, or subjects with commas between: anatomy,virology"));

    private final List<MmluItem> items;
    private final Map<String, List<MmluItem>> shots;
    private final boolean byLetter;
    private final Asking asking;

    private Mmlu(List<MmluItem> items, Map<String, List<MmluItem>> shots, Options options) {
        this.items = List.copyOf(items);
        this.shots = shots;
        this.byLetter = options.choice("answers", "letters", "texts").equals("letters");
        this.asking = Asking.of(options);
    }

    /** Its place in the catalogue. */
    public static Entry entry() {
        return new Entry(CARD, OPTIONS, Mmlu::load);
    }

    private static Mmlu load(DataFolder data, Options options) {
        int count = options.count("shots", 0, MOST_SHOTS);
        var files = subjects(data.file(SOURCE, TEST), options);
        var items = new ArrayList<MmluItem>();
        var shots = new LinkedHashMap<String, List<MmluItem>>();
        for (var file : files.entrySet()) {
            items.addAll(MmluItem.read(file.getValue(), file.getKey()));
            shots.put(file.getKey(), count == 0 ? List.of() : shots(data, file.getKey(), count));
        }
        return new Mmlu(items, shots, options);
    }

    private static List<MmluItem> shots(DataFolder data, String subject, int count) {
        var file = data.file(SOURCE, DEV + "/" + subject + "_dev.csv");
        var shots = MmluItem.read(file, subject);
        if (shots.size() < count) {
            throw LeewayException.data("%s has %d rows, and mmlu.shots asks for %d; set it to %d or fewer", file, shots.size(), count,
                shots.size());
        }
        return shots.subList(0, count);
    }

    /** The files by subject, in the order of their names. */
    private static Map<String, Path> subjects(Path folder, Options options) {
        var suffix = "_test.csv";
        try (var inside = Files.list(folder)) {
            var all = inside.filter(file -> file.getFileName().toString().endsWith(suffix)).sorted().collect(Collectors.toMap(
                file -> file.getFileName().toString().replace(suffix, ""), file -> file, (first, _) -> first, LinkedHashMap::new));
            if (all.isEmpty()) {
                throw LeewayException.data("%s has no file that ends with %s; %s", folder, suffix, SOURCE.howToGet());
            }
            return chosen(all, options.text("subjects"));
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be listed: %s", folder, unreadable.getMessage());
        }
    }

    private static Map<String, Path> chosen(Map<String, Path> all, String subjects) {
        if (subjects.equals("all")) {
            return all;
        }
        var chosen = new LinkedHashMap<String, Path>();
        for (String subject : subjects.split(",")) {
            chosen.put(subject, Optional.ofNullable(all.get(subject)).orElseThrow(() -> LeewayException.usage(
                "mmlu.subjects names '%s', which there is no file of; there are %s", subject, String.join(", ", all.keySet()))));
        }
        return chosen;
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public List<MmluItem> items() {
        return items;
    }

    /** The first so many of each subject, for each is a benchmark of its own. */
    @Override
    public List<MmluItem> first(int limit) {
        return bySubject().flatMap(ofSubject -> ofSubject.stream().limit(limit)).toList();
    }

    /** As many of each subject. */
    @Override
    public List<MmluItem> drawn(int limit, long seed) {
        return bySubject().flatMap(ofSubject -> TextHash.drawn(ofSubject, limit, seed).stream()).toList();
    }

    private Stream<List<MmluItem>> bySubject() {
        return items.stream().collect(Collectors.groupingBy(MmluItem::subject, LinkedHashMap::new, Collectors.toList())).values().stream();
    }

    @Override
    public Request request(MmluItem item, Setting setting) {
        var head = "The following are multiple choice questions (with answers) about " + item.subject().replace('_', ' ') + ".\n\n";
        var examples = shots.get(item.subject()).stream().map(shot -> text(shot) + "\nAnswer: " + options(shot).get(shot.right()) + "\n\n")
            .collect(Collectors.joining());
        return asking.weigh(setting, head + examples, text(item), "\nAnswer:", options(item));
    }

    private String text(MmluItem item) {
        return byLetter ? item.lettered() : item.question();
    }

    private List<String> options(MmluItem item) {
        return byLetter ? MmluItem.LETTERS : item.choices();
    }

    @Override
    public List<Score> score(List<Answer<MmluItem>> answers, Instruments instruments) {
        return answers.stream().map(this::score).toList();
    }

    /** Letters all have the same length, so one measure says all. */
    private Score score(Answer<MmluItem> answer) {
        var score = Preference.score(options(answer.item()), answer.item().right(), answer.response());
        return byLetter ? Score.of(Preference.ACC, score.value(Preference.ACC)) : score;
    }

    /** Means over questions (micro), of each subject, and of the subjects' means (macro), which have no interval. */
    @Override
    public List<Statistic> summarise(List<Row<MmluItem>> rows) {
        var all = new ArrayList<>(Means.of(rows));
        for (String measure : List.of(Preference.ACC, Preference.ACC_NORM)) {
            var subjects = all.stream().filter(one -> one.name().equals(measure) && !one.slice().isEmpty()).toList();
            if (!subjects.isEmpty()) {
                all.add(macro(measure, subjects));
            }
        }
        return List.copyOf(all);
    }

    private static Statistic macro(String measure, List<Statistic> subjects) {
        var mean = subjects.stream().flatMapToDouble(one -> one.value().stream()).average();
        return new Statistic(measure + "_macro", "", mean,
            Optional.empty(), subjects.stream().mapToLong(Statistic::items).sum(),
            subjects.stream().mapToLong(Statistic::missing).sum());
    }
}
