package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BaselineTest {

    private static final Prompt PROMPT = new Prompt.Chat(List.of(Turn.system("Be brief."), Turn.user("Who?\nWhere?")));

    private static Response ask(Baseline baseline, Request request) {
        return baseline.answer(List.of(new Subject.Asked(request, 0))).getFirst();
    }

    @Test
    void theyWriteByTheirRule() {
        var write = new Request.Write(PROMPT, Request.Sampling.greedy(5));
        assertEquals(List.of("A", "I'm sorry, but I can't help with that.", "", "Who?\nWhere?"),
            Baseline.all().stream().map(one -> ((Response.Written) ask(one, write)).text()).toList());
    }

    @Test
    void stopTextsAreCutOff() {
        var write = new Request.Write(new Prompt.Text("a b c d"), Request.Sampling.greedy(5).until("d", " c", ""));
        assertEquals(new Response.Written("a b", false, 0), ask(Baseline.COPY_PROMPT, write));
    }

    @Test
    void onlyAlwaysAHasAPreference() {
        var weigh = new Request.Weigh(PROMPT, List.of("x", "a longer one", "z"));
        assertEquals(new Response.Weighed(List.of(new Response.Weight(0, 1), new Response.Weight(-1000, 1), new Response.Weight(-1000, 1))),
            ask(Baseline.ALWAYS_A, weigh));
        var equal = new Response.Weight(-Math.log(3), 1);
        assertEquals(new Response.Weighed(List.of(equal, equal, equal)), ask(Baseline.EMPTY, weigh));
        assertEquals(new Response.Rated(0), ask(Baseline.ALWAYS_A, new Request.Rate(PROMPT, "fine")));
    }

    @Test
    void namesThatBeginLikeABaselinesMustBeOne() {
        Baseline.all().forEach(one -> assertEquals(Optional.of(one), Baseline.named(one.name())));
        assertEquals(Optional.empty(), Baseline.named("models/empty"));
        assertEquals("there is no baseline:b; there are baseline:always-a, baseline:always-refuse, baseline:empty, baseline:copy-prompt",
            assertThrows(LeewayException.class, () -> Baseline.named("baseline:b")).getMessage());
        assertEquals(4, Baseline.all().stream().map(Baseline::hash).distinct().count());
    }
}
