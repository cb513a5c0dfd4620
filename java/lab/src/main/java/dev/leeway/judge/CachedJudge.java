package dev.leeway.judge;

import dev.leeway.io.CheckedLines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A judge that is asked nothing twice. Answers are in a file by the SHA-256 of the judge's id, the template, the input, the seed and the
 * options, from the moment they come: a kill loses the questions under way and no other. What is missing is not kept, and is asked again.
 * A line of the file that is damaged is asked again too, and {@link #damaged()} says where it is.
 *
 * <p>Several threads may ask; a question that one of them is waiting for is not asked by another. One process has the file at a time.
 */
public final class CachedJudge implements Judge {

    private static final CheckedLines.Kind FILE = new CheckedLines.Kind("the judge's cache", "is no cache of a judge's answers, or "
        + "has none that is whole; nothing of it was changed: name another file, or delete it to ask everything again");

    private final Judge judge;
    private final CheckedLines file;
    private final Map<String, Verdict.Given> answers = new HashMap<>();
    private final Map<String, CompletableFuture<Verdict>> underWay = new HashMap<>();
    private JudgeCounts shared = JudgeCounts.NONE;

    /**
     * Puts a file before a judge, which it closes with itself.
     *
     * @param file made if it is missing
     */
    public CachedJudge(Judge judge, Path file) {
        this.judge = judge;
        this.file = CheckedLines.open(file, FILE);
        this.file.takeLines().forEach(line -> answers.put(line.path("key").asString(), given(line)));
    }

    private static Verdict.Given given(JsonNode line) {
        var options = new HashMap<String, Double>();
        line.path("option_log_probs").propertyStream().forEach(option -> options.put(option.getKey(), option.getValue().asDouble()));
        return new Verdict.Given(line.path("text").asString(), line.path("cut").asBoolean(), options,
            new Verdict.Usage(line.path("prompt_tokens").asLong(), line.path("completion_tokens").asLong()));
    }

    @Override
    public String id() {
        return judge.id();
    }

    @Override
    public void ask(List<Question> questions, Sink sink) {
        var plan = plan(questions);
        try (Ending _ = () -> end(plan)) {
            plan.found.forEach(sink::answered);
            askFor(plan, questions, sink);
        }
        plan.others.forEach((question, answer) -> {
            try {
                var verdict = answer.join();
                countShared(verdict);
                sink.answered(question, verdict);
            } catch (CompletionException notAsked) {
                ask(List.of(questions.get(question)), (_, verdict) -> sink.answered(question, verdict));
            }
        });
    }

    /** What follows asking, whatever came of it; its own failure is told beside that of asking, not in its place. */
    private interface Ending extends AutoCloseable {
        @Override
        void close();
    }

    private void end(Plan plan) {
        release(plan);
        file.force();
    }

    private synchronized void countShared(Verdict verdict) {
        shared = shared.shared(verdict);
    }

    /**
     * What is done about each question of a call, by its number.
     *
     * @param found has an answer in the file
     * @param own is asked here, by key
     * @param others is being asked by another thread
     */
    private record Plan(Map<Integer, Verdict> found, Map<String, Claim> own, Map<Integer, CompletableFuture<Verdict>> others) {
    }

    /**
     * A question that one thread asks for all.
     *
     * @param questions the numbers of those that are the same one
     * @param verdict is there when the judge has answered
     */
    private record Claim(List<Integer> questions, CompletableFuture<Verdict> verdict) {
    }

    private synchronized Plan plan(List<Question> questions) {
        var plan = new Plan(new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
        for (int q = 0; q < questions.size(); q++) {
            var key = Key.of(judge.id(), questions.get(q));
            if (answers.containsKey(key)) {
                plan.found.put(q, answers.get(key));
                countShared(answers.get(key));
            } else if (plan.own.containsKey(key)) {
                plan.own.get(key).questions().add(q);
            } else if (underWay.containsKey(key)) {
                plan.others.put(q, underWay.get(key));
            } else {
                var claim = new Claim(new ArrayList<>(List.of(q)), new CompletableFuture<>());
                underWay.put(key, claim.verdict());
                plan.own.put(key, claim);
            }
        }
        return plan;
    }

    private void askFor(Plan plan, List<Question> questions, Sink sink) {
        var keys = List.copyOf(plan.own.keySet());
        if (keys.isEmpty()) {
            return;
        }
        var asked = keys.stream().map(key -> questions.get(plan.own.get(key).questions().getFirst())).toList();
        judge.ask(asked, (number, verdict) -> {
            var key = keys.get(number);
            keep(key, asked.get(number), plan.own.get(key), verdict);
            var same = plan.own.get(key).questions();
            same.stream().skip(1).forEach(_ -> countShared(verdict));
            same.forEach(question -> sink.answered(question, verdict));
        });
    }

    /** To the file first: what anyone has heard of is not lost. */
    private void keep(String key, Question question, Claim claim, Verdict verdict) {
        if (verdict instanceof Verdict.Given given) {
            var line = JsonMapper.shared().createObjectNode().put("key", key).put("judge", judge.id())
                .put("template", question.template()).put("seed", question.seed()).put("text", given.text()).put("cut", given.cut());
            var options = line.putObject("option_log_probs");
            given.optionLogProbs().forEach(options::put);
            line.put("prompt_tokens", given.usage().promptTokens()).put("completion_tokens", given.usage().completionTokens());
            file.append(line);
        }
        synchronized (this) {
            if (verdict instanceof Verdict.Given given) {
                answers.put(key, given);
            }
            underWay.remove(key, claim.verdict());
            claim.verdict().complete(verdict);
        }
    }

    /** Questions that got no verdict, because asking failed as a whole, may be asked by whoever waits for them. */
    private synchronized void release(Plan plan) {
        plan.own.forEach((key, claim) -> {
            underWay.remove(key, claim.verdict());
            claim.verdict().completeExceptionally(new IllegalStateException("not asked")); // does nothing to one that has a verdict
        });
    }

    /** {@code file:line} of each line of the file that is not what was written; what it answered is asked again. */
    public List<String> damaged() {
        return file.damaged();
    }

    /**
     * The judge's own counts since it was opened, and what needed no asking. The judge is not called from inside this one's monitor: it may
     * be telling this one of a verdict from inside its own.
     */
    @Override
    public JudgeCounts counts() {
        var asked = judge.counts();
        synchronized (this) {
            return asked.plus(shared);
        }
    }

    @Override
    public void close() {
        try (file) {
            judge.close();
        }
    }
}
