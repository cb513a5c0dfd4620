package dev.leeway.eval;

import dev.leeway.judge.Judge;
import dev.leeway.judge.Question;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Template;
import dev.leeway.judge.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A benchmark that was made up for tests: its items are words, a judge says how good an answer is, and sometimes doesn't.
 *
 * @param items all of them
 */
record MadeUp(List<Word> items) implements Benchmark<MadeUp.Word> {

    static final Template TEMPLATE = Template.of("How good is {answer}?");

    record Word(String id, Map<String, String> slices) implements Item {
    }

    static MadeUp of(int count) {
        return new MadeUp(IntStream.range(0, count).mapToObj(i -> new Word("word-" + i, Map.of("half", i % 2 == 0 ? "even" : "odd")))
            .toList());
    }

    RunPlan.Part part() {
        return new RunPlan.Part(this, new LinkedHashMap<>(Map.of("cut_off", "3")), new LinkedHashMap<>(Map.of("words.csv", "00ff")));
    }

    @Override
    public Card card() {
        return new Card("made-up", 1, "Made up", new Source("none", "nobody", Optional.empty(), List.of(), "make it up"),
            new Card.Measure("good", Card.Kind.REAL), Card.Better.HIGHER, 2);
    }

    @Override
    public List<String> contexts() {
        return List.of(Setting.PLAIN, "sad");
    }

    @Override
    public Request request(Word item, Setting setting) {
        return new Request.Write(setting.prompt().around(setting.context() + ": " + item.id() + "?"),
            Request.Sampling.at(0.7, 8).until("."));
    }

    @Override
    public Needs needs() {
        return Needs.JUDGE;
    }

    @Override
    public List<Score> score(List<Answer<Word>> answers, Instruments instruments) {
        var questions = answers.stream().map(answer -> TEMPLATE.ask(Map.of("answer", text(answer)), List.of(), answer.epoch())).toList();
        var verdicts = instruments.judges().getFirst().ask(questions);
        var scores = new ArrayList<Score>();
        for (int i = 0; i < answers.size(); i++) {
            scores.add(score(answers.get(i), verdicts.get(i)));
        }
        return scores;
    }

    private static String text(Answer<Word> answer) {
        return answer.response() instanceof Response.Written written ? written.text() : "";
    }

    private static Score score(Answer<Word> answer, Verdict verdict) {
        var values = new LinkedHashMap<String, Value>();
        var value = verdict instanceof Verdict.Given given ? Value.of(Double.parseDouble(given.text()))
            : Value.missing(((Verdict.Missing) verdict).reason());
        if (answer.response() instanceof Response.Unable unable) {
            value = Value.missing(unable.reason());
        }
        values.put("good", value);
        values.put("length", Value.of(text(answer).length()));
        return new Score(values, List.of(new Score.Grade("goodness", "", "judge", value, verdict.toString())));
    }

    /** A judge whose number depends on the question, and who has none for some; it counts what it is asked. */
    static Judge judge(List<Question> heard) {
        return new ScriptedJudge("made-up", question -> {
            heard.add(question);
            var random = new SplittableRandom(question.input().hashCode());
            return random.nextInt(3) == 0 ? new Verdict.Missing("the judge shrugs") : Verdict.Given.of("" + random.nextDouble());
        });
    }

    /**
     * A model that answers with what it was asked and its stream, in characters that need care; it can't answer some.
     *
     * @param name and hash
     * @param heard what it was asked
     */
    record Echo(String name, List<Asked> heard) implements Subject {

        @Override
        public String hash() {
            return "hash of " + name;
        }

        @Override
        public List<Response> answer(List<Asked> asked) {
            heard.addAll(asked);
            return asked.stream().<Response>map(one -> {
                var random = new SplittableRandom(one.stream());
                var text = one.request().prompt() + "\n\"\u2028 é \uD83D\uDE00 \uD800 " + random.nextInt(); // one is half
                return random.nextInt(4) == 0 ? new Response.Unable("too long") : new Response.Written(text, random.nextBoolean(), 3);
            }).toList();
        }

        @Override
        public void close() {
        }
    }
}
