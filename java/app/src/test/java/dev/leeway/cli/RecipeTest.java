package dev.leeway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.train.Schedule;
import org.junit.jupiter.api.Test;

final class RecipeTest {

    @Test
    void warmUpIsAShareRoundedUpUnlessStepsAreGiven() {
        assertEquals(3, new Recipe.Rate(1, Schedule.Kind.COSINE, 0.03, 0, 0).over(75).warmupSteps());
        assertEquals(9, new Recipe.Rate(1, Schedule.Kind.COSINE, 0.03, 9, 0).over(75).warmupSteps());
    }
}
