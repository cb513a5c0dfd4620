package dev.leeway.eval.likelihood;

import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Options;
import dev.leeway.eval.Request;
import dev.leeway.eval.Request.Sampling;
import dev.leeway.eval.Response;
import dev.leeway.eval.Response.Unable;
import dev.leeway.eval.Response.Written;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Subject;
import dev.leeway.eval.Value;
import dev.leeway.eval.rule.Prompts;
import dev.leeway.eval.rule.Prompts.PromptItem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * {@code sociot} and {@code humt}: how much likelier a reference model finds an answer from one kind of speaker than from another, in nats
 * (Cheng et al. 2025). The papers' reference is GPT-2; numbers of another one compare with its own alone.
 */
public final class SpeakerProbe implements Benchmark<PromptItem> {

    private static final List<Options.Known> OPTIONS = List.of(Prompts.OPTION,
        new Options.Known("temperature", "0.8", "of the answers; 0 = the most probable token"),
        new Options.Known("max_new_tokens", "300", "tokens an answer has at most"));

    private final Card card;
    private final Frames frames;
    private final List<PromptItem> items;
    private final Sampling sampling;

    SpeakerProbe(Card card, Frames frames, List<PromptItem> items, Sampling sampling) {
        this.card = card;
        this.frames = frames;
        this.items = List.copyOf(items);
        this.sampling = sampling;
    }

    static Entry sociot() {
        return entry("sociot", "How warm a speaker answers sound like", Frames.WARMTH);
    }

    static Entry humt() {
        return entry("humt", "How human a speaker answers sound like", Frames.HUMAN);
    }

    private static Entry entry(String id, String title, Frames frames) {
        var card = new Card(id, 1, title, Prompts.SOURCE, new Card.Measure("official", Card.Kind.REAL), Card.Better.NEITHER, 1);
        return new Entry(card, OPTIONS, (data, options) -> load(card, frames, data, options));
    }

    private static SpeakerProbe load(Card card, Frames frames, DataFolder data, Options options) {
        return new SpeakerProbe(card, frames, Prompts.load(data, options),
            Sampling.at(options.number("temperature", 0, 100), options.count("max_new_tokens", 1, 1 << 20)));
    }

    @Override
    public Card card() {
        return card;
    }

    @Override
    public List<PromptItem> items() {
        return items;
    }

    @Override
    public Needs needs() {
        return Needs.REFERENCE;
    }

    @Override
    public Request request(PromptItem item, Setting setting) {
        return new Request.Write(setting.prompt().around(item.turns()), sampling);
    }

    @Override
    public List<Score> score(List<Answer<PromptItem>> answers, Instruments instruments) {
        var asked = new ArrayList<Subject.Asked>();
        answers.forEach(answer -> text(answer).ifPresent(text -> asked.addAll(frames.asked(text))));
        var said = asked.isEmpty() ? List.<Response>of() : instruments.reference().orElseThrow().answer(asked);
        var scores = new ArrayList<Score>();
        int next = 0;
        for (var answer : answers) {
            boolean isScored = text(answer).isPresent();
            scores.add(isScored ? score(said.subList(next, next + 2 * frames.size())) : missing(answer));
            next += isScored ? 2 * frames.size() : 0;
        }
        return scores;
    }

    private static Optional<String> text(Answer<PromptItem> answer) {
        return answer.response() instanceof Written written && !written.text().isBlank() ? Optional.of(written.text().strip())
            : Optional.empty();
    }

    private static Score missing(Answer<PromptItem> answer) {
        var reason = answer.response() instanceof Unable unable ? unable.reason() : "the answer is empty";
        return score(Value.missing(reason), Value.missing(reason));
    }

    private Score score(List<Response> said) {
        return score(value(said.subList(0, frames.size()), frames::official),
            value(said.subList(frames.size(), 2 * frames.size()), frames::exact));
    }

    private static Value value(List<Response> said, ToDoubleFunction<List<Response.Weight>> form) {
        return said.stream().filter(Unable.class::isInstance).findFirst()
            .map(unable -> Value.missing("the reference model: " + ((Unable) unable).reason()))
            .orElseGet(() -> Value.of(form.applyAsDouble(said.stream().map(Frames::weight).toList())));
    }

    private static Score score(Value official, Value exact) {
        var values = new LinkedHashMap<String, Value>();
        values.put("official", official);
        values.put("exact", exact);
        return new Score(values, List.of());
    }
}
