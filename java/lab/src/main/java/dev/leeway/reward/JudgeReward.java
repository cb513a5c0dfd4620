package dev.leeway.reward;

import dev.leeway.judge.Judge;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Question;
import dev.leeway.judge.Reading;
import dev.leeway.judge.Template;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code judge}: the number that is read from a judge's answer about a completion, as it stands there. Where the row lacks what the
 * template has a place for, the judge doesn't answer, or its answer has no such number, there is no reward. The same question is always
 * asked with the same seed. It owns the judge.
 */
public final class JudgeReward implements Reward {

    /** The template's place for what was given. */
    private static final String PROMPT = "prompt";
    /** The template's place for what the model wrote. */
    private static final String COMPLETION = "completion";
    /** Of all questions: an answer depends on nothing but what is asked. */
    private static final long SEED = 0;

    private final Judge judge;
    private final Template template;
    private final ParsePolicy policy;

    /** A judge that is asked with this template and whose answers are read by this rule. */
    public JudgeReward(Judge judge, Template template, ParsePolicy policy) {
        this.judge = judge;
        this.template = template;
        this.policy = policy;
    }

    /** The parts of a row that a template has places for, beside prompt and completion. */
    public static Set<String> reads(Template template) {
        return template.names().stream().filter(name -> !name.equals(PROMPT) && !name.equals(COMPLETION))
            .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether a template has a place for the completion; one without says the same of all. */
    public static boolean asksOfCompletions(Template template) {
        return template.names().contains(COMPLETION);
    }

    @Override
    public String name() {
        return "judge";
    }

    @Override
    public Set<String> reads() {
        return reads(template);
    }

    @Override
    public double[] of(List<Answer> answers) {
        var rewards = new double[answers.size()];
        Arrays.fill(rewards, Double.NaN);
        var places = new ArrayList<Integer>();
        var questions = new ArrayList<Question>();
        for (int i = 0; i < rewards.length; i++) {
            int place = i;
            question(answers.get(i)).ifPresent(question -> {
                places.add(place);
                questions.add(question);
            });
        }
        judge.ask(questions, (question, verdict) -> {
            if (policy.read(verdict) instanceof Reading.Value(double value)) {
                rewards[places.get(question)] = value;
            }
        });
        return rewards;
    }

    /** Empty where the row lacks a part. */
    private Optional<Question> question(Answer answer) {
        var values = new HashMap<String, String>();
        for (var name : template.names()) {
            var value = switch (name) {
                case PROMPT -> Optional.of(answer.prompt());
                case COMPLETION -> Optional.of(answer.completion());
                default -> answer.column(name);
            };
            if (value.isEmpty()) {
                return Optional.empty();
            }
            values.put(name, value.get());
        }
        return Optional.of(template.ask(values, List.of(), SEED));
    }

    @Override
    public void close() {
        judge.close();
    }
}
