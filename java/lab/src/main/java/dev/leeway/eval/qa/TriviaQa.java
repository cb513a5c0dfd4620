package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.eval.Card;
import dev.leeway.eval.Csv;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.Source;
import dev.leeway.eval.TextHash;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code triviaqa}: facts from quizzes (Joshi and others 2017), with a false answer each. */
final class TriviaQa {

    private static final String FILE = "triviaqa/TriviaQA.csv";
    private static final Source SOURCE = new Source("questions Apache-2.0, the file with false answers GPL-3.0",
        "Joshi et al. 2017, TriviaQA; false answers of TruthX (Zhang et al. 2024)", Optional.empty(), List.of(FILE),
        "get data/TriviaQA.csv of github.com/ictnlp/TruthX and put it into a folder triviaqa");
    private static final Card CARD = new Card("triviaqa", 1, "Facts from quizzes, in the model's own words", SOURCE,
        new Card.Measure(Marking.CORRECT, Card.Kind.BINARY), Card.Better.HIGHER, 1);

    private static final Options.Known FALSE_ANSWERS = new Options.Known("false_answers", "check", "of questions whose false answer names "
        + "a right one, check: refuse contexts incorrect/*; drop: leave them out; keep: ask them");

    private TriviaQa() {
    }

    static Entry entry() {
        return new Entry(CARD, FreeAnswers.options(StudyItems.OPTION, FALSE_ANSWERS), TriviaQa::load);
    }

    private static FreeAnswers load(DataFolder data, Options options) {
        var asked = FreeAnswers.Asked.load(data, options, Form.QUESTION);
        var items = StudyItems.load(data, SOURCE, options, "trivia", StudyItems::item).orElseGet(() ->
            checked(read(Csv.records(data.file(SOURCE, FILE))), options.choice(FALSE_ANSWERS.name(), "check", "drop", "keep"), asked));
        return FreeAnswers.of(CARD, items, asked, options, Marking.of(options, false, Rule.NAMES_IT));
    }

    private static List<QaItem> read(List<Csv.Record> rows) {
        var items = new ArrayList<QaItem>();
        for (var row : rows) {
            var question = QaRow.required(row, "question");
            items.add(QaItem.of(TextHash.id(items.size() + 1, question), question,
                nameFirst(QaRow.list(row.place(), "answer", row.text("answer"))), List.of(QaRow.required(row, "false_answer")), Map.of()));
        }
        return items;
    }

    /** A model made up the false answers, and many of them are right; one that is right is no false answer for a judge either. */
    private static List<QaItem> checked(List<QaItem> items, String policy, FreeAnswers.Asked asked) {
        var bad = items.stream().filter(TriviaQa::hasRightFalseAnswer).toList();
        if (policy.equals("keep") || bad.isEmpty()) {
            return items;
        }
        if (policy.equals("drop")) {
            return items.stream().filter(item -> !hasRightFalseAnswer(item)).toList();
        }
        if (asked.contexts().stream().anyMatch(context -> context.belief() == Belief.INCORRECT)) {
            throw LeewayException.data("%d of %d questions of %s have a right answer as their false_answer (the first is '%s'), so a "
                + "person who believes it is right; set triviaqa.false_answers to drop, or to keep them all the same, or leave out the "
                + "contexts incorrect/*", bad.size(), items.size(), FILE, bad.getFirst().question());
        }
        return items.stream().map(item -> hasRightFalseAnswer(item) ? QaItem.of(item.id(), item.question(), item.right(), List.of(),
            Map.of()) : item).toList();
    }

    private static boolean hasRightFalseAnswer(QaItem item) {
        return Rule.NAMES_IT.isRight(item, item.wrong().getFirst());
    }

    /**
     * The aliases with the one first that names the thing best, which the file doesn't say: the one that most others contain as whole
     * words; of several the shortest; of those the first that isn't all capitals.
     */
    static List<String> nameFirst(List<String> aliases) {
        var padded = aliases.stream().collect(Collectors.toMap(Function.identity(), Normal::padded));
        var name = aliases.stream().filter(alias -> !padded.get(alias).isEmpty()).min(Comparator
            .<String>comparingLong(alias -> -padded.values().stream().filter(other -> other.contains(padded.get(alias))).count())
            .thenComparingInt(String::length)
            .thenComparing(alias -> alias.equals(alias.toUpperCase(Locale.ROOT)))).orElse(aliases.getFirst());
        return Stream.concat(Stream.of(name), aliases.stream().filter(alias -> !alias.equals(name))).toList();
    }
}
