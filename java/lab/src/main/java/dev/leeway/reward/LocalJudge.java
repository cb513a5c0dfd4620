package dev.leeway.reward;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.UserTurns;
import dev.leeway.ffi.DType;
import dev.leeway.io.ModelHash;
import dev.leeway.judge.Judge;
import dev.leeway.judge.JudgeCounts;
import dev.leeway.judge.Question;
import dev.leeway.judge.Verdict;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.rollout.Scorer;
import dev.leeway.tensor.Device;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A language model of a folder as a judge, on this engine: its most probable answer, and the log-prob of each option, all of its tokens
 * right behind the question. Questions go through the model's chat template, and control tokens that they spell stay text. An answer
 * doesn't depend on what it is asked together with. (In this package because judges themselves know nothing of models.)
 */
public final class LocalJudge implements Judge {

    private final String id;
    private final Size size;
    private final Tokenizer tokenizer;
    private final UserTurns turns;
    private final InferenceSession session;
    private volatile JudgeCounts counts = JudgeCounts.NONE; // written by whoever asks, one at a time

    /**
     * What a judge has room for.
     *
     * @param maxLength tokens of a question and its answer, cut to the model's own limit; a longer question gets no answer
     * @param maxNewTokens tokens of an answer
     * @param lanes questions that are read at once
     */
    public record Size(int maxLength, int maxNewTokens, int lanes) {

        /** Checks that a question fits. */
        public Size {
            if (maxNewTokens < 1 || lanes < 1 || maxLength <= maxNewTokens) {
                throw LeewayException.usage("a judge needs at least 1 new token, 1 lane, and a longest length above its new tokens; got "
                    + "%d, %d and %d", maxNewTokens, lanes, maxLength);
            }
        }
    }

    private LocalJudge(String id, Size size, Tokenizer tokenizer, UserTurns turns, InferenceSession session) {
        this.id = id;
        this.size = size;
        this.tokenizer = tokenizer;
        this.turns = turns;
        this.session = session;
    }

    /** The {@link #id} of the judge in a folder, which need not be opened. */
    public static String id(Path folder, Size size, DType dtype) {
        return "%s (%s, max_new_tokens %d)".formatted(ModelHash.of(folder), dtype.name().toLowerCase(Locale.ROOT), size.maxNewTokens());
    }

    /**
     * Opens a folder whose model is a …ForCausalLM, and reads all of it once more to know which model it is.
     *
     * @throws LeewayException if it is another model, or does not fit
     */
    public static LocalJudge open(Path folder, Size wanted, DType dtype, Device device) {
        var directory = ModelDirectory.open(folder);
        if (directory.config().isClassifier()) {
            throw LeewayException.usage("%s is a reward model and says nothing; name a …ForCausalLM directory as the judge", folder);
        }
        int length = Math.min(wanted.maxLength(), directory.config().maxPositionEmbeddings());
        var size = new Size(length, wanted.maxNewTokens(), wanted.lanes());
        var id = id(folder, size, dtype);
        var tokenizer = Tokenizer.load(folder);
        try {
            var session = InferenceSession.open(directory.config(), Optional.empty(),
                InferenceSession.Size.scoring(size.maxLength(), size.lanes()), dtype, device);
            try {
                directory.loadInto(session.model());
                return new LocalJudge(id, size, tokenizer, new UserTurns(tokenizer, ChatFormat.ofModel(folder)), session);
            } catch (Throwable failure) {
                session.close();
                throw failure;
            }
        } catch (Throwable failure) {
            tokenizer.close();
            throw failure;
        }
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public synchronized void ask(List<Question> questions, Sink sink) {
        var prompts = new TreeMap<Integer, int[]>();
        for (int q = 0; q < questions.size(); q++) {
            var refusal = read(questions.get(q), q, prompts);
            if (refusal.isPresent()) {
                hear(q, refusal.get(), sink);
            }
        }
        var places = List.copyOf(prompts.keySet());
        for (int first = 0; first < places.size(); first += size.lanes()) { // some at a time: what is answered is heard of, and kept
            answer(questions, places.subList(first, Math.min(places.size(), first + size.lanes())), prompts, sink);
        }
    }

    /** Puts a question's ids among the prompts, or says why it gets no answer. */
    private Optional<Verdict> read(Question question, int place, Map<Integer, int[]> prompts) {
        int[] prompt;
        try {
            prompt = turns.tokens(question.input());
        } catch (LeewayException refused) {
            return Optional.of(new Verdict.Missing("the judge can't read the question: " + refused.getMessage()));
        }
        int longest = question.options().stream().mapToInt(option -> option(option).length).max().orElse(0);
        int behind = Math.max(size.maxNewTokens(), longest);
        if (prompt.length == 0 || prompt.length + behind > size.maxLength()) {
            return Optional.of(new Verdict.Missing("the question has " + prompt.length + " tokens, and the judge takes 1 to "
                + (size.maxLength() - behind)));
        }
        prompts.put(place, prompt);
        return Optional.empty();
    }

    private int[] option(String option) {
        return tokenizer.encode(option, false);
    }

    private void answer(List<Question> questions, List<Integer> places, Map<Integer, int[]> prompts, Sink sink) {
        var request = new Generator.Request(SamplingParameters.greedy(), size.maxNewTokens(), tokenizer.endIds());
        var answers = session.generator().complete(places.stream().map(prompts::get).toList(), request);
        var options = options(questions, places, prompts);
        for (int i = 0; i < places.size(); i++) {
            int place = places.get(i);
            hear(place, verdict(prompts.get(place), answers.get(i), options.get(i)), sink);
        }
    }

    private List<Map<String, Double>> options(List<Question> questions, List<Integer> places, Map<Integer, int[]> prompts) {
        var items = new ArrayList<Scorer.Item>();
        for (int place : places) {
            questions.get(place).options().forEach(option -> items.add(new Scorer.Item(prompts.get(place), option(option))));
        }
        var scores = session.scorer().score(items).iterator();
        var all = new ArrayList<Map<String, Double>>();
        for (int place : places) {
            var one = new HashMap<String, Double>();
            questions.get(place).options().forEach(option -> one.put(option, scores.next().logProb()));
            all.add(one);
        }
        return all;
    }

    private Verdict verdict(int[] prompt, Completion answer, Map<String, Double> options) {
        return new Verdict.Given(tokenizer.decode(answer.tokens(), true), answer.finish() == Completion.Finish.LENGTH, options,
            new Verdict.Usage(prompt.length, answer.tokens().length));
    }

    private void hear(int place, Verdict verdict, Sink sink) {
        counts = counts.answered(verdict);
        sink.answered(place, verdict);
    }

    @Override
    public JudgeCounts counts() {
        return counts;
    }

    @Override
    public synchronized void close() {
        try (tokenizer; turns) {
            session.close();
        }
    }
}
