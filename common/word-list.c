/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "word-list.h"

#include <stdlib.h>
#include <string.h>

/*
 * The list was made for this program: common English words of four to seven letters. Words
 * that sound like another word, or that offend somebody, were left out. Any two words differ
 * in three letters at least, so that a word that was misheard, or mistyped in one letter, is
 * not another word of the list.
 */
static const char words[WORD_COUNT][WORD_MAX] = {
	"abacus", "absent", "absorb", "academy", "acorn", "acquire", "acreage",
	"acrobat", "admiral", "aerial", "aerosol", "affair", "afford", "again",
	"agenda", "airline", "airport", "alarm", "alchemy", "algebra", "almanac",
	"almond", "alpaca", "alumni", "always", "amateur", "amaze", "amber",
	"ambush", "amiable", "amount", "amplify", "analog", "anchor", "android",
	"animal", "ankle", "answer", "antenna", "anthem", "apparel", "appeal",
	"apricot", "apron", "archive", "argue", "armada", "artist", "asphalt",
	"aspirin", "athlete", "atlas", "atrium", "attempt", "attic", "aurora",
	"autumn", "avenue", "average", "avocado", "avoid", "awesome", "azure",
	"baby", "backlog", "balance", "balcony", "balloon", "bamboo", "banana",
	"bandage", "banjo", "banquet", "basalt", "bathtub", "battery", "beacon",
	"beagle", "beauty", "because", "bedrock", "beehive", "before", "begin",
	"begonia", "belief", "benefit", "between", "beyond", "biology", "birch",
	"biscuit", "blanket", "blazer", "blend", "blister", "blossom", "blouse",
	"bluff", "blunder", "bobcat", "bonfire", "bonnet", "bonus", "botany",
	"bottle", "bounce", "boxer", "brave", "breeze", "brick", "bridge",
	"brocade", "broom", "brother", "brush", "bucket", "buffalo", "builder",
	"bumper", "bundle", "bureau", "button", "buzzard", "cabbage", "cactus",
	"cadence", "calcium", "calf", "calypso", "camera", "canary", "canoe",
	"captain", "carbon", "carpool", "cascade", "cashew", "casino", "castle",
	"caterer", "caviar", "celery", "cement", "census", "century", "ceramic",
	"chalet", "chapter", "chariot", "cheese", "cherry", "chicken", "chief",
	"chimney", "chorus", "chuckle", "cinema", "citadel", "citizen", "city",
	"civil", "clarity", "classic", "clever", "climate", "clinic", "clipper",
	"closest", "cloud", "clutch", "coach", "coastal", "cobalt", "coconut",
	"coffee", "collect", "colony", "column", "comfort", "commute", "compass",
	"concert", "console", "contact", "corner", "cosmic", "country",
	"courage", "cousin", "cowboy", "coyote", "cradle", "crafty", "crayon",
	"creator", "credit", "crevice", "crew", "crimson", "crochet", "cross",
	"crouton", "crumb", "cryptic", "cube", "cuckoo", "cuisine", "culture",
	"curious", "cushion", "custard", "cyclone", "daisy", "daytime", "debut",
	"decade", "defense", "degree", "delight", "delta", "deluxe", "denim",
	"density", "dentist", "derby", "descend", "design", "destiny", "detail",
	"develop", "diagram", "diamond", "diesel", "digital", "dignity",
	"dilemma", "dinghy", "diorama", "diploma", "direct", "discuss",
	"display", "distant", "divide", "dodge", "dogwood", "dollar", "dolphin",
	"domino", "donor", "doorway", "double", "down", "drastic", "drawer",
	"dream", "drill", "drizzle", "drummer", "dugout", "dungeon", "duplex",
	"during", "dynamo", "early", "ebony", "echo", "eclair", "eclipse",
	"economy", "edible", "editor", "educate", "ejector", "elbow", "elegant",
	"elevate", "embark", "emblem", "embrace", "emerald", "emotion",
	"emperor", "employ", "enamel", "endless", "energy", "engage", "enhance",
	"enjoy", "enough", "enzyme", "episode", "epsilon", "equator", "equip",
	"ermine", "ethical", "eureka", "evening", "evident", "example",
	"exhibit", "exotic", "expand", "expert", "explore", "express", "extra",
	"eyebrow", "eyelid", "fabric", "factor", "faculty", "fade", "fajita",
	"family", "fancy", "fantasy", "farmer", "faucet", "feature", "feeling",
	"festive", "fiction", "fiesta", "fifteen", "figure", "filbert", "film",
	"finish", "firefly", "fitness", "fitting", "flannel", "fleet", "flicker",
	"flip", "floor", "florist", "flurry", "flutter", "follow", "footage",
	"foreign", "forget", "formula", "fortune", "fragile", "freckle",
	"freedom", "freight", "fresco", "friend", "frog", "frozen", "fruit",
	"fuel", "furlong", "fuzzy", "gadget", "galaxy", "gallant", "garage",
	"garlic", "garment", "garnish", "gateway", "gazelle", "genre", "genuine",
	"gerbil", "geyser", "giant", "giraffe", "girder", "girl", "glacier",
	"glass", "glimpse", "gloomy", "glucose", "goblet", "goggles", "gondola",
	"gopher", "gossip", "gourmet", "grammar", "granite", "graph", "green",
	"griddle", "griffin", "grocery", "group", "growth", "guard", "guide",
	"guitar", "gymnast", "habitat", "halibut", "hammock", "hamster",
	"handbag", "harvest", "hatch", "hazel", "health", "helium", "hello",
	"helmet", "helpful", "hexagon", "hickory", "hidden", "hideout",
	"highway", "hiking", "hippo", "hockey", "holiday", "honest", "hoof",
	"horizon", "hummus", "hundred", "hungry", "hunter", "hybrid", "hydrant",
	"hyena", "hyphen", "iceberg", "icicle", "ideal", "igloo", "ignore",
	"imagine", "impact", "improve", "impulse", "income", "indigo", "indoor",
	"indulge", "infant", "inform", "inhale", "inherit", "initial", "inner",
	"input", "insect", "inspire", "install", "intro", "invite", "involve",
	"island", "isotope", "ivory", "jackal", "jaguar", "janitor", "jasmine",
	"jasper", "javelin", "jazz", "jetty", "jigsaw", "jogger", "jolly",
	"journey", "joyful", "jubilee", "jumbo", "jupiter", "jury", "justify",
	"karma", "kayak", "keeper", "kennel", "kestrel", "keyhole", "kidney",
	"kimono", "kinetic", "kingdom", "kiosk", "kitten", "kiwi", "knee",
	"koala", "lacquer", "landing", "lantern", "laptop", "lasagna", "latte",
	"laugh", "laurel", "lawyer", "leaflet", "leather", "leisure", "lemon",
	"length", "leopard", "lettuce", "liberty", "library", "lichen", "lilac",
	"liquid", "lithium", "lizard", "llama", "lobby", "locust", "loft",
	"logical", "lonely", "lowland", "lozenge", "luggage", "lullaby", "lunar",
	"luxury", "lyric", "macaw", "machine", "magnify", "magpie", "majesty",
	"major", "mallard", "mammoth", "margin", "market", "marquee", "marsh",
	"massive", "matinee", "matrix", "meadow", "meander", "melody", "memoir",
	"menu", "mercury", "mermaid", "message", "method", "midday", "migrate",
	"mineral", "mingle", "minimum", "minnow", "miracle", "mirror", "mission",
	"mixture", "mobile", "modern", "moisten", "monarch", "monsoon",
	"moonlit", "motel", "muffin", "museum", "music", "mustang", "mystery",
	"myth", "nail", "napkin", "narrate", "native", "nebula", "nectar",
	"nephew", "neptune", "network", "neutral", "newborn", "news", "nickel",
	"nimble", "nobody", "nomadic", "noodles", "normal", "notable", "nourish",
	"novice", "nozzle", "nucleus", "nursery", "nutmeg", "nylon", "nymph",
	"oasis", "oatmeal", "obelisk", "object", "oboe", "observe", "obtain",
	"ocean", "octagon", "octopus", "oddball", "odyssey", "offbeat", "office",
	"often", "okra", "olive", "olympus", "omega", "omnibus", "onward",
	"onyx", "opaque", "operate", "opinion", "opossum", "optimum", "orange",
	"orbital", "orchard", "oregano", "organic", "origami", "osprey",
	"ostrich", "outback", "outdoor", "outfit", "outlaw", "outside",
	"overlap", "oxygen", "package", "padlock", "pagoda", "pancake", "papaya",
	"paprika", "paradox", "parcel", "park", "parsnip", "partner", "pasture",
	"patent", "patriot", "peanut", "pelican", "pencil", "penguin", "people",
	"perfect", "perhaps", "permit", "pewter", "phoenix", "photo", "physics",
	"pianist", "picnic", "pierce", "pigtail", "pilgrim", "pimento",
	"pinball", "pine", "pioneer", "pizza", "placard", "plaid", "platoon",
	"plenty", "pliers", "plumage", "plural", "podium", "poetry", "pointed",
	"pollen", "polygon", "popcorn", "poppy", "portion", "postbox", "pound",
	"prairie", "prawn", "precise", "prefer", "premium", "presume", "pretzel",
	"primary", "prism", "private", "problem", "process", "produce",
	"profile", "program", "project", "prompt", "prosper", "proverb",
	"prudent", "publish", "pudding", "puma", "pumpkin", "pupil", "puppet",
	"purpose", "pyramid", "python", "quality", "quantum", "quinoa", "quirk",
	"quiver", "quote", "raccoon", "radar", "radish", "rainbow", "raisin",
	"random", "rapid", "rapport", "ravioli", "realize", "rebound", "recall",
	"receipt", "reckon", "record", "recycle", "redwood", "reflect",
	"refresh", "refuge", "regatta", "regular", "relax", "remain", "remedy",
	"remote", "renew", "rental", "replace", "reptile", "request", "rescue",
	"resist", "resolve", "respond", "restore", "retreat", "return",
	"reunion", "rhino", "rhubarb", "rhythm", "ribbon", "ripen", "ritual",
	"roast", "robin", "romance", "rookie", "rooster", "rotate", "rotunda",
	"roundup", "royal", "rubber", "rugby", "runaway", "saddle", "safari",
	"safety", "saffron", "sailor", "salad", "salute", "samurai", "sandal",
	"sardine", "satchel", "satisfy", "sauna", "sausage", "savanna",
	"scanner", "scarlet", "scholar", "science", "scone", "scooter",
	"scratch", "script", "search", "seaside", "sedan", "seed", "seldom",
	"senator", "sesame", "shampoo", "shelter", "sheriff", "shield",
	"shimmer", "shirt", "shower", "shrimp", "shuffle", "sibling", "sierra",
	"signal", "silicon", "silver", "similar", "sincere", "sketch", "slalom",
	"sleeve", "slogan", "smile", "smooth", "snake", "snorkel", "snow",
	"soap", "soccer", "social", "soldier", "sonata", "soprano", "soybean",
	"spaniel", "sparrow", "speaker", "species", "sphere", "spicy", "spider",
	"spinach", "spiral", "sponsor", "spool", "sprout", "spruce", "square",
	"stadium", "staff", "statue", "stereo", "stirrup", "stomach", "stopper",
	"street", "strong", "strudel", "studio", "sturdy", "sublime", "suburb",
	"subway", "success", "suggest", "sultan", "summit", "sunrise", "sunset",
	"supply", "surface", "surplus", "survey", "swing", "syntax", "syrup",
	"system", "taco", "tadpole", "tangent", "tavern", "teacup", "teapot",
	"teeth", "telecom", "tenant", "tennis", "terrace", "thank", "thermal",
	"thirsty", "thistle", "thought", "thread", "thrifty", "tighten",
	"tissue", "titan", "token", "tomato", "tonic", "topaz", "topple",
	"tornado", "toucan", "toyshop", "traffic", "trapeze", "trigger",
	"trilogy", "trinket", "triumph", "trolley", "trophy", "trumpet",
	"tsunami", "tugboat", "tumbler", "tundra", "turnip", "turtle", "tutor",
	"tuxedo", "tweak", "twelve", "twist", "ukulele", "umpire", "unearth",
	"unfold", "unicorn", "unique", "unit", "unknown", "unlock", "unusual",
	"upbeat", "update", "upgrade", "uphill", "upkeep", "upright", "uranium",
	"urgent", "useful", "utensil", "utmost", "vacant", "vacuum", "valley",
	"vanilla", "variety", "vault", "vehicle", "venison", "veranda",
	"verdict", "version", "veteran", "viaduct", "vibrant", "video", "viewer",
	"village", "vinegar", "vinyl", "violin", "virtue", "visible", "visor",
	"vitamin", "volcano", "voucher", "voyage", "waffle", "wagon", "walkway",
	"walrus", "wand", "warbler", "wasabi", "wavelet", "weasel", "western",
	"whisper", "wildcat", "wisdom", "wombat", "wooden", "workout", "worthy",
	"wrestle", "writing", "yacht", "year", "yoga", "yogurt", "youth",
	"zebra", "zest", "zigzag", "zodiac",
};

const char *word_list_word(unsigned number)
{
	return words[number % WORD_COUNT];
}

static int compare(const void *text, const void *word)
{
	return strncmp(text, word, WORD_PREFIX);
}

int word_list_find(const char *text, size_t n)
{
	char typed[WORD_MAX] = "";
	const char *found;

	if (n < WORD_PREFIX || n >= sizeof(typed))
		return -1;
	for (size_t i = 0; i < n; i++)
		typed[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i];
	found = bsearch(typed, words, WORD_COUNT, sizeof(words[0]), compare);
	if (!found || strncmp(found, typed, n) != 0)
		return -1;
	return (int)((found - words[0]) / WORD_MAX);
}
