package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.eval.Answer;
import dev.leeway.eval.Benchmark;
import dev.leeway.eval.Card;
import dev.leeway.eval.Instruments;
import dev.leeway.eval.Request;
import dev.leeway.eval.Score;
import dev.leeway.eval.Setting;
import dev.leeway.eval.choice.Asking;
import dev.leeway.eval.choice.Preference;
import java.util.List;

/**
 * Vignettes whose options are weighed: a proxy, for a model that finds the right option most probable need not come upon it.
 *
 * @param card what it is, with another headline than that of written answers
 * @param items its questions, which all have options
 * @param asked how they are asked
 * @param asking by template or as text
 */
record MedQaOptions(Card card, List<QaItem> items, FreeAnswers.Asked asked, Asking asking) implements Benchmark<QaItem> {

    /** Takes a copy. */
    MedQaOptions {
        items = List.copyOf(items);
    }

    static MedQaOptions of(Card written, List<QaItem> items, FreeAnswers.Asked asked, Asking asking) {
        items.stream().filter(item -> item.options().isEmpty()).findFirst().ifPresent(item -> {
            throw LeewayException.data("medqa.mode is likelihood, and item %s has no options; give it a column options, or set mode to "
                + "generate", item.id());
        });
        var card = new Card(written.id(), written.version(), "Medical vignettes, options by likelihood (a proxy)", written.source(),
            new Card.Measure(Preference.ACC, Card.Kind.BINARY), written.better(), written.epochs());
        return new MedQaOptions(card, items, asked, asking);
    }

    @Override
    public List<String> contexts() {
        return asked.names();
    }

    @Override
    public Request request(QaItem item, Setting setting) {
        return asking.weigh(setting, asked.prompt(item, setting.context()), "\nAnswer:", item.options());
    }

    @Override
    public List<Score> score(List<Answer<QaItem>> answers, Instruments instruments) {
        return answers.stream().map(answer -> Preference.score(answer.item().options(),
            answer.item().options().indexOf(answer.item().right().getFirst()), answer.response())).toList();
    }
}
