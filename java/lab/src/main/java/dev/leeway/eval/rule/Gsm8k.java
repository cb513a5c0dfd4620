package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Item;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Response.Written;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Source;
import dev.leeway.eval.TextHash;
import dev.leeway.eval.Turn;
import dev.leeway.eval.Value;
import dev.leeway.text.FinalNumber;
import dev.leeway.text.FoundNumber;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code gsm8k}: word problems of primary school; right is the same final number (Cobbe et al. 2021), as {@link FinalNumber} finds it.
 *
 * @param items the problems
 * @param solved where those come from that stand before each
 * @param shots how many do; a problem is never among its own
 * @param sampling how answers are drawn
 */
public record Gsm8k(List<Problem> items, List<Problem> solved, int shots, Request.Sampling sampling) implements Benchmark<Gsm8k.Problem> {

    private static final String COMMIT = "3101c7d5072418e28b9008a6636bde82a006892c";
    private static final Source SOURCE = new Source("MIT; of the translations (mgsm_*) CC-BY-SA-4.0", "Cobbe et al. 2021, arXiv:2110.14168",
        Optional.empty(), List.of("gsm8k/test.jsonl", "gsm8k/train.jsonl"),
        "put test.jsonl and train.jsonl of github.com/openai/grade-school-math (grade_school_math/data at " + COMMIT
            + ") into a folder gsm8k");
    private static final Card CARD = new Card("gsm8k", 1, "Word problems of primary school", SOURCE,
        new Card.Measure("correct", Card.Kind.BINARY), Card.Better.HIGHER, 1);
    private static final String TRAIN = "train";
    private static final List<String> MEASURES = List.of("correct", "last_number", "answered");
    private static final String INSTRUCTION = "\n\nWork it out step by step. Then write a last line with #### and the answer as a number.";

    /** Takes copies. */
    public Gsm8k {
        items = List.copyOf(items);
        solved = List.copyOf(solved);
    }

    /**
     * A problem.
     *
     * @param id its row's number and a hash
     * @param question the problem
     * @param solution worked, with its number behind {@code ####}, or the number alone
     * @param number what is right
     */
    public record Problem(String id, String question, String solution, FoundNumber number) implements Item {
    }

    /** The benchmark for the list of all. */
    public static Entry entry() {
        var options = Stream.concat(Stream.of(
            new Options.Known("set", "test", "which file of the folder gsm8k: test, train, mgsm_es …"),
            new Options.Known("shots", "0", "solved problems before each, the first of train.jsonl")),
            Scoring.drawing("0", 512).stream()).toList();
        return new Entry(CARD, options, Gsm8k::load);
    }

    private static Gsm8k load(DataFolder data, Options options) {
        int shots = options.count("shots", 0, 64);
        var set = options.text("set");
        var items = read(data, set);
        if (shots == 0) {
            return new Gsm8k(items, List.of(), 0, Scoring.sampling(options));
        }
        var solved = read(data, TRAIN);
        boolean isOwn = set.equals(TRAIN);
        int most = solved.size() - (isOwn ? 1 : 0);
        if (shots > most) {
            throw LeewayException.data("%s has %d row%s%s, and gsm8k.shots asks for %d; set it to %d or fewer", file(data, TRAIN), most,
                most == 1 ? "" : "s", isOwn ? " beside the problem itself" : "", shots, most);
        }
        return new Gsm8k(items, solved, shots, Scoring.sampling(options));
    }

    private static Path file(DataFolder data, String set) {
        return data.file(SOURCE, "gsm8k/" + set + ".jsonl");
    }

    private static List<Problem> read(DataFolder data, String set) {
        return Fields.read(file(data, set), Map.of(), Gsm8k::problem, Problem::id);
    }

    private static Problem problem(Fields row, int number) {
        boolean translated = row.requireFirst(List.of("question", "query")).equals("query");
        var question = row.text(translated ? "query" : "question");
        var solution = row.text(translated ? "response" : "answer");
        var right = FinalNumber.ofReference(solution);
        if (right.isEmpty() || !translated && !solution.contains("####")) {
            throw LeewayException.data("%s: the answer must have a number behind ####, as GSM8K's have; found '%s'", row.row().place(),
                solution.strip().lines().reduce((_, last) -> last).orElse(""));
        }
        return new Problem(TextHash.id(number, question), question, solution.replaceAll("<<[^<>]*>>", ""), right.get());
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Request request(Problem item, Setting setting) {
        var turns = new ArrayList<Turn>();
        solved.stream().filter(shot -> !shot.question().equals(item.question())).limit(shots).forEach(shot -> {
            turns.add(Turn.user("Question: " + shot.question()));
            turns.add(Turn.assistant("Answer: " + shot.solution()));
        });
        if (turns.isEmpty()) {
            return new Request.Write(setting.prompt().around(item.question() + INSTRUCTION), sampling);
        }
        turns.add(Turn.user("Question: " + item.question()));
        return new Request.Write(setting.prompt().around(turns), sampling.until("\nQuestion:"));
    }

    @Override
    public List<Score> score(List<Answer<Problem>> answers, Instruments instruments) {
        return Scoring.each(answers, MEASURES, Gsm8k::score);
    }

    private static Score score(Problem item, Written written) {
        var given = FinalNumber.ofAnswer(written.text(), written.cut());
        var numbers = FoundNumber.in(written.text());
        return Scoring.score(MEASURES, Value.of(given.filter(item.number()::equalsNumber).isPresent()),
            Value.of(!numbers.isEmpty() && numbers.getLast().equalsNumber(item.number())), Value.of(given.isPresent()));
    }
}
